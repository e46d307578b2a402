/** The page frames of one file, taken front to back. */
export interface FrameSource {
  /** The bytes of a frame, valid until the next call. Offsets are the file's own and only ever rise. */
  take(offset: number, sizeBytes: number): Uint8Array | Promise<Uint8Array>;
  /** Verifies what was not verified before. To be called after the last frame. Throws LtxError. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** A file that is in memory and verified. */
export function framesInMemory(bytes: Uint8Array, close: () => void): FrameSource {
  return {
    take: (offset, sizeBytes) => bytes.subarray(offset, offset + sizeBytes),
    async finish() {},
    async close() {
      close();
    },
  };
}

/** A verified file that any part of can be read; a window of it is in memory. */
export function framesByWindow(
  readAt: (target: Uint8Array, offset: number) => Promise<void>,
  { fileSizeBytes, windowBytes }: { readonly fileSizeBytes: number; readonly windowBytes: number },
): FrameSource {
  let window = new Uint8Array(0);
  let start = 0;
  let end = 0;
  const refill = async (offset: number, sizeBytes: number): Promise<Uint8Array> => {
    if (window.length < Math.max(windowBytes, sizeBytes)) window = new Uint8Array(Math.max(windowBytes, sizeBytes));
    start = offset;
    end = Math.min(fileSizeBytes, offset + window.length);
    await readAt(window.subarray(0, end - start), start);
    return window.subarray(0, sizeBytes);
  };
  return {
    take: (offset, sizeBytes) =>
      offset >= start && offset + sizeBytes <= end
        ? window.subarray(offset - start, offset - start + sizeBytes)
        : refill(offset, sizeBytes),
    async finish() {},
    async close() {},
  };
}
