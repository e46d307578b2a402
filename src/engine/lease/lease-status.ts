/** Who holds a lease, as its object says. */
export interface LeaseHolder {
  readonly owner: string;
  readonly hostname: string | undefined;
  /** When it can be taken over unless it is renewed until then, by the wall clock of this machine. */
  readonly untilMs: number;
}

/** Where this process stands with a lease. Plain data, so that it can be sent between processes. */
export type LeaseStatus =
  /** Its object was not read yet. */
  | { readonly kind: 'starting'; readonly error?: string | undefined }
  /** Somebody else holds it, or nobody and it could not be taken yet. */
  | { readonly kind: 'standby'; readonly holder: LeaseHolder | undefined; readonly error?: string | undefined }
  | { readonly kind: 'held'; readonly epoch: number; readonly owner: string; readonly deadlineMs: number }
  /** It could not be renewed in time. Nobody is known to have taken it; a renewal that succeeds makes it held again. */
  | { readonly kind: 'lapsed'; readonly epoch: number; readonly owner: string; readonly error?: string | undefined }
  /** Given back, or the keeper has ended. Final. */
  | { readonly kind: 'released' };
