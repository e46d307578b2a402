import type { DatabaseConfig } from '../../config/normal-config.ts';
import { identifyFile } from '../../sqlite/file-identity.ts';
import { ServiceError } from '../service-error.ts';

/** Finds out when two paths are one file, through links, without opening any: each database belongs to one process. */
export class DistinctFiles {
  readonly #paths = new Map<string, string>();

  /** Throws ServiceError `already-there`. A file that is not there yet is not known. */
  claim({ path }: DatabaseConfig): void {
    const key = keyOf(path);
    if (key === undefined) return;
    const other = this.#paths.get(key);
    if (other !== undefined && other !== path && keyOf(other) === key) {
      throw new ServiceError('already-there', `Cannot replicate ${path}: it is the same file as ${other}`, {
        hint: 'name each database once, and not through links',
      });
    }
    this.#paths.set(key, path);
  }

  release(path: string): void {
    for (const [key, owner] of this.#paths) if (owner === path) this.#paths.delete(key);
  }
}

function keyOf(path: string): string | undefined {
  const identity = identifyFile(path);
  return identity?.isFile ? `${identity.device}:${identity.inode}` : undefined;
}
