import { RestoreError } from '../engine/restore/restore-error.ts';
import { parseTxid } from '../format/ltx/txid.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { messageOf } from '../runtime/typed-error.ts';
import { processServices } from '../service/compose.ts';
import { withOpenReplicas } from '../service/named-replicas.ts';
import { restoreDatabase } from '../service/restore-database.ts';
import type { ProcessServices } from '../service/shard/shard-services.ts';
import { DashboardError } from './dashboard-error.ts';
import type { RestoreRequest, RestoreView } from './page-messages.ts';
import type { RestoreSpeed } from './restore-speed.ts';
import { sideFilePath } from './side-file.ts';
import type { ViewedReplicas } from './viewed-replicas.ts';

const mostAtOnce = 2;
const keptCount = 20;
const tellMs = 200;

export interface PageRestoresServices {
  readonly replicas: ViewedReplicas;
  readonly speed: RestoreSpeed;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of every step of every restore. */
  readonly tell: (restore: RestoreView) => void;
}

/** Restores to files beside databases, begun from the page. */
export class PageRestores {
  readonly #services: PageRestoresServices;
  readonly #views = new Map<number, RestoreView>();
  readonly #running = new Map<number, { readonly cancel: AbortController; readonly ended: Promise<void> }>();
  #lastId = 0;

  constructor(services: PageRestoresServices) {
    this.#services = services;
  }

  /** The newest last. */
  get views(): readonly RestoreView[] {
    return [...this.#views.values()];
  }

  /** Begins a restore; how it goes on is told. Throws DashboardError. */
  start(request: RestoreRequest): RestoreView {
    const { db, fileName } = request;
    const { replica } = this.#services.replicas.config(db, request.replica);
    const txid = parseTxid(request.txid);
    if (txid === undefined) throw new DashboardError('invalid', `Cannot restore TXID ${request.txid}: it is none`);
    const outputPath = sideFilePath(db, fileName);
    const running = [...this.#running.keys()].map((id) => this.#views.get(id)!);
    if (running.some((other) => other.outputPath === outputPath)) {
      throw new DashboardError('busy', `Cannot restore to ${outputPath}: a restore to it runs already`);
    }
    if (running.length >= mostAtOnce) {
      throw new DashboardError('busy', `Cannot restore to ${outputPath}: ${running.length} restores run already`, {
        hint: 'wait for one of them, or cancel it',
      });
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const view: RestoreView = {
      ...{ id, db, outputPath, txid: request.txid, state: 'running', doneBytes: 0, totalBytes: 0 },
      ...{ startedMs: this.#services.clock.now(), durationMs: undefined, sizeBytes: undefined, error: undefined },
    };
    this.#tell(view);
    const cancel = new AbortController();
    const target = { kind: 'txid', txid } as const;
    const services = processServices({ logger: this.#services.logger.child({ db }) });
    const ended = withOpenReplicas([replica], services, (replicas) =>
      this.#run(view, { replicas, target, signal: cancel.signal }, services),
    ).finally(() => this.#running.delete(id));
    this.#running.set(id, { cancel, ended });
    return view;
  }

  /** Ends a restore, which leaves nothing behind. Throws DashboardError `unknown` when it does not run. */
  cancel(id: number): void {
    const running = this.#running.get(id);
    if (running === undefined) throw new DashboardError('unknown', `Cannot cancel restore ${id}: it does not run`);
    running.cancel.abort();
  }

  /** Ends all restores. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { cancel } of running) cancel.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #run(
    begun: RestoreView,
    from: Pick<Parameters<typeof restoreDatabase>[0], 'replicas' | 'target'> & { readonly signal: AbortSignal },
    services: ProcessServices,
  ): Promise<void> {
    const { clock, logger, speed } = this.#services;
    const { outputPath, db, txid } = begun;
    let view = begun;
    let toldMs = Number.NEGATIVE_INFINITY;
    const onProgress = ({ doneBytes, totalBytes }: { readonly doneBytes: number; readonly totalBytes: number }) => {
      view = { ...view, doneBytes, totalBytes };
      if (clock.monotonic() - toldMs < tellMs) return;
      toldMs = clock.monotonic();
      this.#tell(view);
    };
    try {
      const report = await restoreDatabase({ ...from, outputPath, onProgress }, services);
      if (report.outcome !== 'restored') throw new Error(`Cannot restore ${outputPath}: ${report.outcome}`);
      const { durationMs, sizeBytes, bytesRead, replica } = report;
      speed.note(replica.client.type, bytesRead, durationMs);
      this.#tell({ ...view, state: 'done', durationMs, sizeBytes, doneBytes: view.totalBytes });
      logger.info('restored beside the database, asked for on the page', { db, path: outputPath, txid });
    } catch (error) {
      const durationMs = clock.now() - begun.startedMs;
      if (from.signal.aborted) this.#tell({ ...view, state: 'cancelled', durationMs });
      else this.#tell({ ...view, state: 'failed', durationMs, error: reasonOf(error, outputPath) });
    }
  }

  #tell(view: RestoreView): void {
    this.#views.set(view.id, view);
    const ended = [...this.#views.keys()].filter((id) => !this.#running.has(id) && id !== view.id);
    if (this.#views.size > keptCount && ended.length > 0) this.#views.delete(ended[0]!);
    this.#services.tell(view);
  }
}

/** The way out that the engine names is a flag of the command. */
function reasonOf(error: unknown, outputPath: string): string {
  if (error instanceof RestoreError && error.code === 'output-exists') {
    return `Cannot restore to ${outputPath}: there is a file of that name. Give another name`;
  }
  return messageOf(error);
}
