import type { LoadHook } from 'node:module';
import type { Replacement } from './planted-fault.ts';

let replacements: readonly Replacement[] = [];

/** Takes over what `register` was given. */
export function initialize(data: readonly Replacement[]): void {
  replacements = data;
}

/** A module loader hook: hands out the source of some modules with a piece of it replaced. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const wanted = replacements.find(({ module }) => url.endsWith(module));
  if (wanted === undefined) return loaded;
  const parts = String(loaded.source).split(wanted.text);
  if (parts.length !== 2)
    throw new Error(`Cannot plant a fault in ${url}: its text stands there ${parts.length - 1} times`);
  return { ...loaded, source: parts.join(wanted.by) };
};
