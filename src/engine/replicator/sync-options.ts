import type { CallOptions } from '../../replica/replica-client.ts';

/** How far a sync has to bring everything that was committed. */
export type SyncReach = 'local-files' | 'replicas';

export interface SyncOptions extends CallOptions {
  /** Into a durable local file, or on every replica that works. Default: `replicas`. */
  readonly reach?: SyncReach | undefined;
}
