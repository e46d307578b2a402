import { listFiles } from '../engine/restore/list-files.ts';
import { planForTarget, type TargetPlan } from '../engine/restore/plan-for-target.ts';
import { ReachableStates } from '../engine/restore/reachable-states.ts';
import { readHeader } from '../engine/restore/read-header.ts';
import { RestoreError } from '../engine/restore/restore-error.ts';
import type { RestoreTarget } from '../engine/restore/restore-options.ts';
import type { LtxHeader } from '../format/ltx/header.ts';
import { snapshotLevel } from '../format/ltx/level.ts';
import { formatTxid, type Txid } from '../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../replica/replica-client.ts';
import { ReplicaError } from '../replica/replica-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { evenly, FileTimes } from './file-times.ts';
import type { Timeline, TimelineFile } from './page-messages.ts';

/** For so long a listing is good enough to point at moments, and to draw; a restore lists anew. */
const listedForMs = { pointing: 10_000, drawing: 1_000 };
const headersAtOnce = 16;
/** How many headers are read for one timeline, and how often it is drawn anew: a store behind a network is asked less. */
const limits = {
  directory: { headers: 2_000, refreshMs: 1_000 },
  store: { headers: 120, refreshMs: 10_000 },
} as const;

/** One replica of a database as somebody looks at it: what it holds, when that was made, and what would restore a moment. */
export class ViewedReplica {
  readonly name: string;
  readonly #client: ReplicaClient;
  readonly #clock: Clock;
  readonly #headers = new Map<string, LtxHeader>();
  #listed: { readonly files: readonly LtxFileInfo[]; readonly atMs: number } | undefined;

  constructor(name: string, client: ReplicaClient, { clock }: { readonly clock: Clock }) {
    this.name = name;
    this.#client = client;
    this.#clock = clock;
  }

  get type(): string {
    return this.#client.type;
  }

  get #limits() {
    return limits[this.type === 'file' ? 'directory' : 'store'];
  }

  /** `least`: a TXID that it is known to hold. */
  async timeline(options: CallOptions & { readonly least?: Txid | undefined }): Promise<Timeline> {
    const { least } = options;
    // What was listed for a plan a moment ago may lack the very file that the page has heard of.
    if (least !== undefined && this.#listed?.files.some(({ maxTxid }) => maxTxid >= least) !== true)
      this.#listed = undefined;
    const files = await this.#files(listedForMs.drawing, options);
    const times = await this.#times(files, options);
    const { txids } = ReachableStates.of(files);
    const [first, last] = [txids[0], txids.at(-1)];
    return {
      replica: this.name,
      files: files.map((file) => this.#timelineFile(file, times)),
      range:
        first === undefined || last === undefined ? undefined : { fromMs: times.at(first)!, toMs: times.at(last)! },
      totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      refreshMs: this.#limits.refreshMs,
    };
  }

  /** Throws RestoreError when the target cannot be restored. */
  async plan(target: RestoreTarget, options: CallOptions): Promise<TargetPlan & { readonly timestampMs: number }> {
    const listed = this.#listed;
    if (target.kind === 'newest') this.#listed = undefined;
    try {
      return await this.#plan(target, options);
    } catch (error) {
      // What was listed before may have been compacted away since, and there may be more now.
      const isStale = this.#listed === listed && listed !== undefined;
      if (!isStale || !(error instanceof ReplicaError || error instanceof RestoreError)) throw error;
      this.#listed = undefined;
      return this.#plan(target, options);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #plan(target: RestoreTarget, options: CallOptions): Promise<TargetPlan & { readonly timestampMs: number }> {
    const read = (file: LtxFileInfo) => this.#header(file, options);
    const files = await this.#files(listedForMs.pointing, options);
    const found = await planForTarget(files, { target, nowMs: this.#clock.now() }, read);
    return { ...found, timestampMs: found.timestampMs ?? (await read(found.plan.files.at(-1)!)).timestampMs };
  }

  async #files(maxAgeMs: number, options: CallOptions): Promise<readonly LtxFileInfo[]> {
    const nowMs = this.#clock.monotonic();
    if (this.#listed !== undefined && nowMs - this.#listed.atMs < maxAgeMs) return this.#listed.files;
    const files = await listFiles(this.#client, options);
    this.#listed = { files, atMs: nowMs };
    const names = new Set(files.map(nameOf));
    for (const name of this.#headers.keys()) if (!names.has(name)) this.#headers.delete(name);
    return files;
  }

  async #times(files: readonly LtxFileInfo[], options: CallOptions): Promise<FileTimes> {
    const wanted = evenly(filesByEnd(files), this.#limits.headers);
    for (let at = 0; at < wanted.length; at += headersAtOnce) {
      await Promise.all(wanted.slice(at, at + headersAtOnce).map((file) => this.#headerUnlessGone(file, options)));
    }
    return new FileTimes(
      files.flatMap((file) => {
        const header = this.#headers.get(nameOf(file));
        return header === undefined ? [] : [{ txid: file.maxTxid, timeMs: header.timestampMs }];
      }),
    );
  }

  async #headerUnlessGone(file: LtxFileInfo, options: CallOptions): Promise<void> {
    try {
      await this.#header(file, options);
    } catch (error) {
      if (!(error instanceof ReplicaError) || error.code !== 'not-found') throw error;
    }
  }

  async #header(file: LtxFileInfo, options: CallOptions): Promise<LtxHeader> {
    const name = nameOf(file);
    const header = this.#headers.get(name) ?? (await readHeader(this.#client, file, options));
    this.#headers.set(name, header);
    return header;
  }

  #timelineFile(file: LtxFileInfo, times: FileTimes): TimelineFile {
    const { level, minTxid, maxTxid, sizeBytes } = file;
    const toMs = times.at(maxTxid) ?? 0;
    // A snapshot is one state, not the way to it.
    const fromMs = level === snapshotLevel ? toMs : (times.at((minTxid - 1n) as Txid) ?? toMs);
    const isExact = this.#headers.has(nameOf(file));
    return { level, minTxid: formatTxid(minTxid), maxTxid: formatTxid(maxTxid), sizeBytes, fromMs, toMs, isExact };
  }
}

/** One file for each end, ascending: that of the lowest level, whose time is nearest to the commit's. */
function filesByEnd(files: readonly LtxFileInfo[]): LtxFileInfo[] {
  const byEnd = new Map<Txid, LtxFileInfo>();
  for (const file of files) {
    const known = byEnd.get(file.maxTxid);
    if (known === undefined || file.level < known.level) byEnd.set(file.maxTxid, file);
  }
  return [...byEnd.values()].sort((a, b) => (a.maxTxid < b.maxTxid ? -1 : 1));
}

function nameOf({ level, minTxid, maxTxid }: LtxFileInfo): string {
  return `${level} ${minTxid} ${maxTxid}`;
}
