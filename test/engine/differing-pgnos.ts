/** The numbers of the pages of `after` that are not the same in `before`. */
export function differingPgnos(before: Uint8Array, after: Uint8Array, pageSizeBytes: number): number[] {
  const page = (bytes: Uint8Array, pgno: number) =>
    Buffer.from(bytes.buffer, bytes.byteOffset + (pgno - 1) * pageSizeBytes, pageSizeBytes);
  const pgnos = Array.from({ length: after.byteLength / pageSizeBytes }, (_, i) => i + 1);
  return pgnos.filter(
    (pgno) => pgno * pageSizeBytes > before.byteLength || !page(before, pgno).equals(page(after, pgno)),
  );
}
