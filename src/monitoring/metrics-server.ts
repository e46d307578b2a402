import type { ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/normal-config.ts';
import { answerText, ListeningServer } from '../http/listening-server.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../service/store/store.ts';
import { MetricsText } from './metrics-text.ts';
import { unreadyReasons } from './readiness.ts';

export interface MetricsOptions {
  readonly address: ListenAddress;
  /** `/readyz` says no when a replica has lacked something for longer. */
  readonly maxLagMs: number;
}

type MeasuredStore = Pick<Store, 'status' | 'metrics' | 'traffic'>;

/** Serves `/metrics`, `/healthz` and `/readyz`. From `open` to `close`. */
export class MetricsServer {
  readonly #store: MeasuredStore;
  readonly #maxLagMs: number;
  readonly #text = new MetricsText();
  #server: ListeningServer | undefined;

  private constructor(store: MeasuredStore, { maxLagMs }: MetricsOptions) {
    this.#store = store;
    this.#maxLagMs = maxLagMs;
  }

  /** Throws ListenError `not-listening`. */
  static async open(
    store: MeasuredStore,
    options: MetricsOptions,
    { logger }: { readonly logger: Logger },
  ): Promise<MetricsServer> {
    const metrics = new MetricsServer(store, options);
    const place = { address: options.address, what: 'metrics', key: 'addr' };
    metrics.#server = await ListeningServer.open(place, async (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET' || request.method === 'HEAD') await metrics.#serve(pathname, response);
      else answerText(response, 405, 'only GET is served\n');
    });
    logger.info('serving metrics', { addr: metrics.url });
    return metrics;
  }

  get url(): string {
    return `${this.#server?.origin}/metrics`;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #serve(pathname: string, response: ServerResponse): Promise<void> {
    switch (pathname) {
      case '/metrics': {
        const [statuses, metrics, traffic] = await Promise.all([
          this.#store.status(),
          this.#store.metrics(),
          this.#store.traffic(),
        ]);
        const text = await this.#text.text({ statuses, metrics, traffic, nowMs: Date.now() });
        return answerText(response, 200, text, this.#text.contentType);
      }
      case '/healthz':
        return answerText(response, 200, 'ok\n');
      case '/readyz': {
        const reasons = unreadyReasons(await this.#store.status(), { maxLagMs: this.#maxLagMs, nowMs: Date.now() });
        return answerText(
          response,
          reasons.length === 0 ? 200 : 503,
          reasons.length === 0 ? 'ok\n' : `${reasons.join('\n')}\n`,
        );
      }
      default:
        return answerText(response, 404, 'not found: there are /metrics, /healthz and /readyz\n');
    }
  }
}
