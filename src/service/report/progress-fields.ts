import { formatByteSize } from '../../config/value/byte-size.ts';

/** How far something is, as people read it. */
export interface ProgressFields {
  readonly percent: string;
  readonly done: string;
  readonly speed: string | undefined;
}

export function progressFields(doneBytes: number, totalBytes: number, elapsedMs: number): ProgressFields {
  return {
    percent: `${Math.floor(shareOf(doneBytes, totalBytes) * 100)}%`,
    done: `${formatByteSize(doneBytes)} of ${formatByteSize(totalBytes)}`,
    speed: elapsedMs > 0 ? `${formatByteSize(Math.round((doneBytes / elapsedMs) * 1000))}/s` : undefined,
  };
}

/** From 0 to 1; nothing at all is complete. */
export function shareOf(doneBytes: number, totalBytes: number): number {
  return totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
}
