/** Rows beyond the edges that are drawn as well, so that a scroll shows no gap. */
const overscan = 8;

export interface RowWindow {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Which rows of equal height are in sight. */
export function rowWindow(scrollTop: number, height: number, rowHeight: number, count: number): RowWindow {
  const first = Math.max(0, Math.min(Math.floor(scrollTop / rowHeight) - overscan, count));
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan) };
}

/** Where to scroll to have a row in sight, below a head that stays; undefined when it is. */
export function scrollTo(
  row: number,
  { scrollTop, height, rowHeight }: { readonly scrollTop: number; readonly height: number; readonly rowHeight: number },
): number | undefined {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : undefined;
}
