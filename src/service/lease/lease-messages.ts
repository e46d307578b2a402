import type { LeaseMoment } from '../../engine/lease/lease-state.ts';
import type { LeaseStatus } from '../../engine/lease/lease-status.ts';
import type { Txid } from '../../format/ltx/txid.ts';
import type { ErrorRecord } from '../shard/error-record.ts';
import type { LeaseRequest } from './lease-desk.ts';

/** A lease as it stands, for a process that does not keep it itself. Monotonic times are those of the whole machine. */
export interface LeaseNews {
  readonly state: LeaseStatus;
  /** Undefined while it is not held. Another term has another number. */
  readonly held: { readonly term: number; readonly epoch: number; readonly deadline: LeaseMoment } | undefined;
}

/** From a shard to the process that keeps its leases. `id` names one lease of one database. */
export type ToLeaseKeepers =
  | { readonly kind: 'open'; readonly id: number; readonly request: LeaseRequest }
  | { readonly kind: 'raise'; readonly id: number; readonly call: number; readonly epoch: number }
  | { readonly kind: 'note'; readonly id: number; readonly txid: Txid }
  | { readonly kind: 'give-up'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

/** And back. */
export type FromLeaseKeepers =
  | { readonly kind: 'opened'; readonly id: number; readonly news: LeaseNews | undefined }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorRecord }
  /** After each change, renewals included. */
  | { readonly kind: 'news'; readonly id: number; readonly news: LeaseNews }
  | { readonly kind: 'raised'; readonly id: number; readonly call: number; readonly epoch: number }
  | { readonly kind: 'not-raised'; readonly id: number; readonly call: number; readonly error: ErrorRecord }
  | { readonly kind: 'closed'; readonly id: number };
