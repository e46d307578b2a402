import { closeSync, openSync, readdirSync } from 'node:fs';
import { type FileIdentity, identifyDescriptor, sameFile } from './file-identity.ts';

/** As many as a connection opens. */
const freeCount = 4;
/** Where those are taken by other threads of this process in between. */
const beyondCount = 8;

/** The lowest free descriptors, and some that follow: what the next opens in this process will get, or nearly. */
export function nextDescriptors(): number[] {
  const free = Array.from({ length: freeCount }, () => openSync('/dev/null', 'r'));
  for (const descriptor of free) closeSync(descriptor);
  const highest = Math.max(...free);
  return [...free, ...Array.from({ length: beyondCount }, (_, i) => highest + 1 + i)];
}

/**
 * Finds a descriptor that SQLite holds on a file, trying likely ones before all others. Reading through it is safe; opening
 * and closing one of our own would drop SQLite's locks. Undefined when there is none.
 */
export function findDescriptor(file: FileIdentity, likely: readonly number[]): number | undefined {
  const found = likely.find((descriptor) => isDescriptorOf(descriptor, file));
  if (found !== undefined) return found;
  for (const name of readdirSync('/dev/fd')) {
    if (isDescriptorOf(Number(name), file)) return Number(name);
  }
  return undefined;
}

/** Whether a descriptor is open on this very file. */
export function isDescriptorOf(descriptor: number, file: FileIdentity): boolean {
  return sameFile(identifyDescriptor(descriptor), file);
}
