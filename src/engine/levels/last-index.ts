/** The last index below `length` for which `holds`, given that it holds up to some index and not after; -1 for none. */
export async function lastIndex(length: number, holds: (index: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (await holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
