/** Page contents by name; the same name and size give the same bytes. */
export function testPage(pageSizeBytes: number, seed: number): Uint8Array {
  const page = new Uint8Array(pageSizeBytes);
  const kind = seed % 4;
  if (kind === 0) return page;
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < page.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (kind === 1) page[i] = state >>> 24;
    else if (kind === 2) page[i] = 97 + ((state >>> 24) % 3);
    else page[i] = i % 64 < 40 ? 32 : state >>> 26;
  }
  return page;
}

/** Pages by number. */
export function testPages(pageSizeBytes: number, pgnos: Iterable<number>, seed = 0): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const pgno of pgnos) pages.set(pgno, testPage(pageSizeBytes, pgno + seed));
  return pages;
}

/** 1 to `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
