import type { TestContext } from 'node:test';

type Act = () => unknown;

const acts = new WeakMap<TestContext, Act[]>();

/** Runs `act` when the test has ended, the latest first: folders go after the processes that use them. */
export function cleanUp(test: TestContext, act: Act): void {
  const stack = acts.get(test);
  if (stack !== undefined) {
    stack.push(act);
    return;
  }
  const created = [act];
  acts.set(test, created);
  test.after(async () => {
    for (const last of created.reverse()) await last();
  });
}
