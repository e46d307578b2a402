/** What a process notes of its lease, so that the next one on this machine can take it back at once. */
export interface RememberedLease {
  /** The highest epoch this database was ever active under here. */
  readonly epoch: number;
  /** Tag and nonce of the last write of the lease that succeeded; undefined when it was given back. */
  readonly write: { readonly tag: string; readonly nonce: string } | undefined;
  /** Which boot of which machine noted it: a volume may be copied, and a process that died elsewhere proves nothing. */
  readonly machine: string;
}

/** Where that is kept. A note that is lost costs a wait, never safety. */
export interface LeaseMemory {
  load(): Promise<RememberedLease | undefined>;
  /** Durable when the promise resolves. */
  save(remembered: RememberedLease): Promise<void>;
}
