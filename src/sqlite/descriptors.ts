import { closeSync, openSync, readdirSync } from 'node:fs';
import { type FileIdentity, identifyDescriptor, sameFile } from './file-identity.ts';

/** How far above the lowest free number a descriptor that SQLite has just opened is looked for first. */
const nearby = 32;

/** The lowest free descriptor: what the next open in this process will get, or nearly. */
export function nextDescriptor(): number {
  const descriptor = openSync('/dev/null', 'r');
  closeSync(descriptor);
  return descriptor;
}

/**
 * Finds a descriptor that SQLite holds on a file, looking near `from` first. Reading through it is safe; opening and closing
 * one of our own would drop SQLite's locks. Undefined when there is none.
 */
export function findDescriptor(file: FileIdentity, from: number): number | undefined {
  for (let descriptor = from; descriptor < from + nearby; descriptor++) {
    if (isDescriptorOf(descriptor, file)) return descriptor;
  }
  for (const name of readdirSync('/dev/fd')) {
    if (isDescriptorOf(Number(name), file)) return Number(name);
  }
  return undefined;
}

/** Whether a descriptor is open on this very file. */
export function isDescriptorOf(descriptor: number, file: FileIdentity): boolean {
  return sameFile(identifyDescriptor(descriptor), file);
}
