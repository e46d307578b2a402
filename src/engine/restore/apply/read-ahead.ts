/** Yields what `open` gives for each item, in order, with up to `count` of them under way. */
export async function* readAhead<Item, Opened>(
  items: readonly Item[],
  count: number,
  open: (item: Item) => Promise<Opened>,
): AsyncGenerator<Opened, void, undefined> {
  const opening: Promise<Opened>[] = [];
  let next = 0;
  const startOne = () => {
    const promise = open(items[next++]!);
    // Its failure is met when its turn comes; a consumer that stops before must not crash the process.
    promise.catch(() => {});
    opening.push(promise);
  };
  while (next < items.length || opening.length > 0) {
    while (next < items.length && opening.length < Math.max(1, count)) startOne();
    yield await opening.shift()!;
  }
}
