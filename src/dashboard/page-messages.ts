/** What goes between the page and its server: JSON, with times in milliseconds since the Unix epoch and TXIDs as 16 digits. */

/** `trouble` needs somebody; `waiting` may come right by itself. */
export type Health = 'ok' | 'waiting' | 'trouble';

export interface ReplicaView {
  readonly name: string;
  readonly url: string;
  readonly state: string;
  readonly txid: string | undefined;
  /** When the newest change was made that it has. */
  readonly timestampMs: number | undefined;
  /** Since when it lacks something. */
  readonly behindSinceMs: number | undefined;
  readonly verifiedAtMs: number | undefined;
  readonly error: string | undefined;
}

export interface DatabaseView {
  readonly path: string;
  readonly state: string;
  readonly health: Health;
  /** Why it is not `ok`. */
  readonly reason: string | undefined;
  readonly txid: string | undefined;
  /** When the newest change was made that is in a local file. */
  readonly timestampMs: number | undefined;
  readonly behindSinceMs: number | undefined;
  /** Who has the lease, in words; undefined without leases. */
  readonly lease: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly walBytes: number | undefined;
  readonly replicas: readonly ReplicaView[];
}

/** What was seen of a database at the sampling times, oldest first. */
export interface History {
  /** Bytes a second that were written to its WAL. */
  readonly writeRates: readonly number[];
  readonly lagSeconds: readonly number[];
}

export interface EventView {
  /** Rises by one with each. */
  readonly id: number;
  readonly timeMs: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly db: string | undefined;
  readonly replica: string | undefined;
  /** Everything else the line says, as text. */
  readonly details: string;
}

export interface RestoreView {
  readonly id: number;
  readonly db: string;
  readonly outputPath: string;
  readonly txid: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly startedMs: number;
  readonly durationMs: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly error: string | undefined;
}

/** What a stream begins with. */
export interface FullState {
  readonly version: string;
  readonly hostname: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly sampleIntervalMs: number;
  readonly sampleCount: number;
  readonly databases: readonly DatabaseView[];
  /** By path; a database that never had anything to tell of is left out. */
  readonly histories: Readonly<Record<string, History>>;
  readonly events: readonly EventView[];
  readonly restores: readonly RestoreView[];
}

/** What became different since the last message. */
export interface StateChange {
  readonly nowMs: number;
  readonly changed: readonly DatabaseView[];
  readonly removed: readonly string[];
}

/** One more sample of every database; those at 0 are left out. */
export interface Samples {
  readonly nowMs: number;
  readonly values: Readonly<Record<string, readonly [writeRate: number, lagSeconds: number]>>;
}

/** The events of the stream, by their names. */
export interface StreamEvents {
  readonly full: FullState;
  readonly change: StateChange;
  readonly samples: Samples;
  readonly log: EventView;
  readonly restore: RestoreView;
}

/** One file on the timeline. */
export interface TimelineFile {
  readonly level: number;
  readonly minTxid: string;
  readonly maxTxid: string;
  readonly sizeBytes: number;
  /** When the state it begins after was made, and the one that it ends at. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether `toMs` stands in its header; else it was estimated from the files around it. */
  readonly isExact: boolean;
}

export interface Timeline {
  readonly replica: string;
  readonly files: readonly TimelineFile[];
  /** The first and the last moment that can be restored; undefined when none can. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | undefined;
  readonly totalBytes: number;
  /** How long a page waits before it asks again: a store behind a network charges for listings. */
  readonly refreshMs: number;
}

/** What a restore to a moment would do. */
export interface PlanView {
  readonly txid: string;
  readonly timestampMs: number;
  readonly files: readonly {
    readonly level: number;
    readonly minTxid: string;
    readonly maxTxid: string;
    readonly sizeBytes: number;
  }[];
  readonly bytes: number;
  readonly seconds: number;
  /** Whether `seconds` comes from a restore that was measured, else from what such stores usually give. */
  readonly isMeasured: boolean;
  readonly notices: readonly string[];
  /** What to type. */
  readonly command: string;
  /** Where a restore from the page goes unless another name is given. */
  readonly fileName: string;
}

export interface RestoreRequest {
  readonly db: string;
  readonly replica: string;
  readonly txid: string;
  /** The name of the file beside the database. */
  readonly fileName: string;
}

export interface ErrorView {
  readonly error: string;
  readonly hint: string | undefined;
}
