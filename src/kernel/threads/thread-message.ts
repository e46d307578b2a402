import type { RunShare } from '../run-share.ts';

/** What a kernel thread is told. Messages are worked on in their order, so a run is attached before it is used. */
export type ThreadMessage =
  | { readonly kind: 'attach'; readonly id: number; readonly share: RunShare }
  | { readonly kind: 'detach'; readonly id: number }
  | ThreadJob;

/** A verb of the run `id`: `size` pages to encode, or `size` bytes of frames to decode. */
export interface ThreadJob {
  readonly kind: 'encode' | 'decode';
  readonly id: number;
  readonly size: number;
  readonly register: bigint;
}

/** What it says, once for each job. `size` is in bytes of frames, or in pages decoded. */
export type ThreadReply =
  | { readonly kind: 'done'; readonly size: number; readonly register: bigint }
  | { readonly kind: 'failed' };
