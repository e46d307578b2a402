import { readFileSync } from 'node:fs';

/**
 * What an attached database takes: 6 with its lock at rest, 7 where it has so many pages that their checksums stay in a file, up
 * to 10 in the middle of a checkpoint, which few are at a time.
 */
export const descriptorsOfDatabase = 7;

/** For everything but databases: watches, sockets, files being written. */
export const otherDescriptors = 512;

/** How many descriptors this process may have open; undefined where the kernel does not say (macOS). */
export function readDescriptorLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return limit === undefined || limit === 'unlimited' ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
