import type { Clock } from '../../runtime/clock.ts';
import { WorkSlots } from '../../runtime/work-slots.ts';

/** How many start at a time. One that takes longer than this does not count any more. */
const atOnce = 256;
const startingMs = 1_000;

/**
 * Starts each of many things and resolves when all have started. Rejects with the first failure, and begins no others then.
 * What waits for its turn costs nothing yet: twenty thousand at a time would be most of the memory of a start.
 */
export async function startEach<Thing>(
  things: readonly Thing[],
  start: (thing: Thing) => Promise<void>,
  { clock }: { readonly clock: Clock },
): Promise<void> {
  const slots = new WorkSlots(atOnce, { ms: startingMs, clock });
  const started: Promise<void>[] = [];
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // told below, to whoever waits then
  for (const thing of things) {
    const turn = new Promise<void>((begin) => {
      const begun = slots.run(undefined, () => {
        begin();
        return start(thing);
      });
      started.push(begun.catch(fail));
    });
    await Promise.race([turn, failed]);
  }
  await Promise.race([Promise.all(started), failed]);
}
