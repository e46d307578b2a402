import { createServer, type Server, type ServerResponse } from 'node:http';
import type { ListenAddress } from '../config/normal-config.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../service/store/store.ts';
import { MetricsText } from './metrics-text.ts';
import { MonitoringError } from './monitoring-error.ts';
import { unreadyReasons } from './readiness.ts';

export interface MetricsOptions {
  readonly address: ListenAddress;
  /** `/readyz` says no when a replica has lacked something for longer. */
  readonly maxLagMs: number;
}

type MeasuredStore = Pick<Store, 'status' | 'metrics' | 'traffic'>;

/** Serves `/metrics`, `/healthz` and `/readyz`. From `open` to `close`. */
export class MetricsServer {
  readonly #server: Server;
  readonly #store: MeasuredStore;
  readonly #maxLagMs: number;
  readonly #text = new MetricsText();

  private constructor(store: MeasuredStore, { maxLagMs }: MetricsOptions) {
    this.#store = store;
    this.#maxLagMs = maxLagMs;
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET is served\n');
      else this.#serve(pathname, response).catch((error: unknown) => answer(response, 500, `${String(error)}\n`));
    });
  }

  /** Throws MonitoringError `not-listening`. */
  static async open(
    store: MeasuredStore,
    options: MetricsOptions,
    { logger }: { readonly logger: Logger },
  ): Promise<MetricsServer> {
    const metrics = new MetricsServer(store, options);
    const { host, port } = options.address;
    const server = metrics.#server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve);
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MonitoringError('not-listening', `Cannot serve metrics at addr ${host ?? ''}:${port}: ${reason}`, {
        cause,
        hint: 'configure another addr, or leave it away',
      });
    }
    logger.info('serving metrics', { addr: metrics.url });
    return metrics;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}/metrics`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
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
        return answer(response, 200, text, this.#text.contentType);
      }
      case '/healthz':
        return answer(response, 200, 'ok\n');
      case '/readyz': {
        const reasons = unreadyReasons(await this.#store.status(), { maxLagMs: this.#maxLagMs, nowMs: Date.now() });
        return answer(
          response,
          reasons.length === 0 ? 200 : 503,
          reasons.length === 0 ? 'ok\n' : `${reasons.join('\n')}\n`,
        );
      }
      default:
        return answer(response, 404, 'not found: there are /metrics, /healthz and /readyz\n');
    }
  }
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
