import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseConfig, GuardedAddress } from '../config/normal-config.ts';
import { RestoreError } from '../engine/restore/restore-error.ts';
import { formatTxid } from '../format/ltx/txid.ts';
import { isSameToken, refusal, tokenCookie } from '../http/access.ts';
import { ListeningServer } from '../http/listening-server.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { hintOf, messageOf } from '../runtime/typed-error.ts';
import { DashboardError } from './dashboard-error.ts';
import { LiveState, type ViewedStore } from './live-state.ts';
import { loadPageFiles, type PageFileName, type PageFiles } from './page-files.ts';
import type { PlanView } from './page-messages.ts';
import { bodyOf, cancelRequest, replicaOf, restoreRequest, targetOf, textOf } from './page-requests.ts';
import { PageRestores } from './page-restores.ts';
import { PageStream } from './page-stream.ts';
import type { RecentEvents } from './recent-events.ts';
import { restoreCommand } from './restore-command.ts';
import { RestoreSpeed } from './restore-speed.ts';
import { sideFileName, sideFilePath } from './side-file.ts';
import { ViewedReplicas } from './viewed-replicas.ts';

export interface DashboardOptions {
  readonly place: GuardedAddress;
  readonly version: string;
  readonly hostname: string;
  readonly maxLagMs: number;
  /** The config file that `restore` would read; undefined without one. */
  readonly configPath: string | undefined;
  /** Where the build put what a browser loads. */
  readonly pageFolder: URL;
}

export interface DashboardServices {
  readonly store: ViewedStore & { config(path: string): DatabaseConfig | undefined };
  readonly events: RecentEvents;
  readonly clock: Clock;
  readonly logger: Logger;
}

const cookieSeconds = 30 * 24 * 3600;
/** Nothing is loaded from elsewhere, nothing is sent elsewhere, and no other site may show the page inside its own. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

const pages: Readonly<Record<string, PageFileName>> = {
  '/': 'index.html',
  '/page.js': 'page.js',
  '/page.css': 'page.css',
  '/icon.svg': 'icon.svg',
};
/** What the page that asks for the token is made of. */
const openPaths = new Set(['/page.css', '/icon.svg']);

/** Serves the page of the databases and what it asks for. From `open` to `close`. */
export class DashboardServer {
  readonly #options: DashboardOptions;
  readonly #files: PageFiles;
  readonly #live: LiveState;
  readonly #replicas: ViewedReplicas;
  readonly #restores: PageRestores;
  readonly #speed = new RestoreSpeed();
  readonly #ended = new AbortController();
  #server: ListeningServer | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: DashboardOptions, files: PageFiles, services: DashboardServices) {
    const { store, clock, logger } = services;
    this.#options = options;
    this.#files = files;
    this.#replicas = new ViewedReplicas((path) => store.config(path), services);
    this.#live = new LiveState(options, { ...services, restores: () => this.#restores.views });
    this.#restores = new PageRestores({
      ...{ replicas: this.#replicas, speed: this.#speed, clock, logger },
      tell: (restore) => this.#live.broadcast('restore', restore),
    });
  }

  /** Throws ListenError `not-listening`. */
  static async open(options: DashboardOptions, services: DashboardServices): Promise<DashboardServer> {
    const dashboard = new DashboardServer(options, await loadPageFiles(options.pageFolder), services);
    const listening = { address: options.place.address, what: 'the dashboard', key: 'dashboard.addr' };
    dashboard.#server = await ListeningServer.open(listening, (request, response) =>
      dashboard.#answer(request, response),
    );
    dashboard.#running = dashboard.#live.run(dashboard.#ended.signal);
    services.logger.info('serving the dashboard', { addr: dashboard.url });
    return dashboard;
  }

  get url(): string {
    return `${this.#server?.origin}/`;
  }

  /** Ends restores that were begun from the page. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    await this.#server?.close();
    await this.#restores.close();
    await this.#replicas.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const { token } = this.#options.place;
    if (request.method === 'POST' && pathname === '/login' && token !== undefined)
      return this.#login(request, response, token);
    const refused = refusal(request, { token });
    if (refused !== undefined && !(token !== undefined && openPaths.has(pathname))) {
      if (token !== undefined && pathname === '/') return this.#page('login.html', 401, request, response);
      return json(response, refused.status, { error: refused.reason });
    }
    const page = request.method === 'GET' ? pages[pathname] : undefined;
    if (page !== undefined) return this.#page(page, 200, request, response);
    if (request.method === 'GET' && pathname === '/events') return this.#stream(request, response);
    try {
      json(response, 200, await this.#result(`${request.method} ${pathname}`, query, request));
    } catch (error) {
      json(response, statusOf(error), {
        error: messageOf(error),
        hint: hintOf(error),
      });
    }
  }

  async #result(route: string, query: URLSearchParams, request: IncomingMessage): Promise<object> {
    const options = { signal: this.#ended.signal };
    switch (route) {
      case 'GET /api/timeline': {
        const { db, replica } = replicaOf(query);
        const target = targetOf(query);
        const least = target.kind === 'txid' ? target.txid : undefined;
        return this.#replicas.get(db, replica).timeline({ ...options, least });
      }
      case 'GET /api/plan':
        return this.#plan(query);
      case 'POST /api/restores':
        return this.#restores.start(await bodyOf(request, restoreRequest));
      case 'POST /api/restores/cancel':
        this.#restores.cancel((await bodyOf(request, cancelRequest)).id);
        return {};
      default:
        throw new DashboardError('unknown', `Cannot serve ${route}: there is no such page`);
    }
  }

  async #plan(query: URLSearchParams): Promise<PlanView> {
    const { db, replica: name } = replicaOf(query);
    const { database, replica } = this.#replicas.config(db, name);
    const viewed = this.#replicas.get(db, name);
    const { plan, timestampMs } = await viewed.plan(targetOf(query), { signal: this.#ended.signal });
    const txid = formatTxid(plan.txid);
    const fileName = sideFileName(db, timestampMs);
    const outputPath = sideFilePath(db, fileName);
    return {
      ...{ txid, timestampMs, bytes: plan.bytes, fileName },
      ...this.#speed.estimate(viewed.type, plan.bytes),
      notices: plan.notices.map(({ message }) => message),
      command: restoreCommand({ database, replica, txid, outputPath, configPath: this.#options.configPath }),
      files: plan.files.map(({ level, minTxid, maxTxid, sizeBytes }) => ({
        ...{ level, sizeBytes, minTxid: formatTxid(minTxid), maxTxid: formatTxid(maxTxid) },
      })),
    };
  }

  async #stream(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const stream = PageStream.open(response, { acceptsGzip: acceptsGzip(request) });
    const leave = await this.#live.join(stream);
    response.once('close', () => {
      leave();
      stream.cut();
    });
  }

  async #login(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
    const given = new URLSearchParams(await textOf(request)).get('token') ?? '';
    if (!isSameToken(given, token)) return this.#page('login.html', 403, request, response);
    const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
    const cookie = `${tokenCookie}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${cookieSeconds}`;
    response.writeHead(303, { location: './', 'set-cookie': cookie + secure }).end();
  }

  #page(name: PageFileName, status: number, request: IncomingMessage, response: ServerResponse): void {
    const { contentType, bytes, gzipped } = this.#files[name];
    const isGzipped = acceptsGzip(request);
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': (isGzipped ? gzipped : bytes).length,
      ...(isGzipped ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(isGzipped ? gzipped : bytes);
  }
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
}

function statusOf(error: unknown): number {
  if (error instanceof RestoreError) return 409;
  if (!(error instanceof DashboardError)) return 500;
  return { unknown: 404, invalid: 400, busy: 409 }[error.code];
}

function json(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
