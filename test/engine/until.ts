import { setTimeout as delay } from 'node:timers/promises';

/** Resolves to what `look` gives once that is neither false nor undefined; fails after `timeoutMs`, naming `what`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined> | T | false | undefined,
  { timeoutMs = 10_000, everyMs = 5 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  for (const endMs = performance.now() + timeoutMs; ; await delay(everyMs)) {
    const found = await look();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`Cannot wait any longer: ${what}`);
  }
}
