import { lstatSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isNeverDatabase } from '../../config/database-paths.ts';
import { type DirectoryEntry, type EntryKind, findCandidates, isCandidate } from '../../config/directory-databases.ts';
import { diskDirectoryReader } from '../../config/disk-directory-reader.ts';
import type { DirectoryConfig } from '../../config/normal-config.ts';
import type { Logger } from '../../runtime/logger.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { DirectoryTreeWatch } from '../watch/directory-tree-watch.ts';
import { isBelow } from '../watch/is-below.ts';
import type { CandidateFiles } from './candidate-files.ts';
import type { KnownDatabases } from './known-databases.ts';

export interface DirectorySearchServices {
  readonly logger: Logger;
  readonly known: KnownDatabases;
  readonly candidates: CandidateFiles;
  /** Every directory that is read is watched before. */
  readonly tree: DirectoryTreeWatch;
}

/** Looks for new databases, and for known ones that are missing: in a whole directory, or at single entries. */
export class DirectorySearch {
  readonly #config: DirectoryConfig;
  readonly #services: DirectorySearchServices;
  readonly #unreadable = new Set<string>();
  readonly #moved = new Set<string>();

  constructor(config: DirectoryConfig, services: DirectorySearchServices) {
    this.#config = config;
    this.#services = services;
  }

  /** New databases anywhere in the directory. */
  all(): Promise<string[]> {
    return this.#below(this.#config.directory);
  }

  /** New databases among these paths, each a file, a directory or nothing any more. */
  async among(paths: Iterable<string>): Promise<string[]> {
    const { known, candidates, tree } = this.#services;
    const databases: string[] = [];
    const files: string[] = [];
    for (const path of paths) {
      const kind = kindOf(path);
      if (path === this.#config.directory || (kind === 'directory' && this.#isSearched(path))) {
        databases.push(...(await this.#below(path)));
        continue;
      }
      if (this.isDirectory(path) && kind !== 'directory') this.#lose(path);
      if (known.has(path)) {
        if (kind === 'file') known.add(path);
        else known.missing(path);
      } else if (kind === 'file' && isCandidate(this.#config, path)) files.push(path);
      else candidates.forget(path);
      if (kind === 'missing') tree.forget(path);
    }
    return [...databases, ...(await this.#databasesAmong(files))];
  }

  /** Whether a path was a directory when it was last looked at. */
  isDirectory(path: string): boolean {
    return this.#services.tree.has(path) || this.#unreadable.has(path);
  }

  /** What has to be looked at again when a known database has ended: its file may have another name. */
  otherNames(): string[] {
    const moved = [...this.#moved];
    this.#moved.clear();
    return [...moved, ...this.#services.candidates.reconsiderOtherNames()];
  }

  async #below(top: string): Promise<string[]> {
    const { known, candidates, tree } = this.#services;
    const read = new Set<string>();
    const paths = await findCandidates(
      this.#config,
      {
        kind: diskDirectoryReader.kind,
        list: (directory) => {
          read.add(directory);
          return this.#list(directory);
        },
        onDenied: (directory) => this.#passOver(directory),
      },
      top,
    );
    for (const directory of tree.below(top)) if (!read.has(directory)) tree.forget(directory);
    const present = new Set(paths);
    for (const path of known.paths) {
      if (present.has(path)) known.present(path);
      else if (isBelow(top, path) && !this.#isOutOfSight(path)) known.missing(path);
    }
    for (const path of candidates.paths) if (isBelow(top, path) && !present.has(path)) candidates.forget(path);
    return this.#databasesAmong(paths.filter((path) => !known.has(path)));
  }

  async #list(directory: string): Promise<readonly DirectoryEntry[]> {
    this.#services.tree.open(directory);
    const entries = await diskDirectoryReader.list(directory);
    this.#unreadable.delete(directory);
    return entries;
  }

  /** What is known in it stays: it has not gone. */
  #passOver(directory: string): void {
    const { tree, logger } = this.#services;
    if (!this.#unreadable.has(directory)) logger.warn('cannot be read, passed over', { path: directory });
    this.#unreadable.add(directory);
    tree.forget(directory);
  }

  #databasesAmong(paths: readonly string[]): Promise<string[]> {
    const { known, candidates } = this.#services;
    const moved = known.movedAmong(paths);
    for (const path of moved) this.#moved.add(path);
    return candidates.databasesAmong(paths.filter((path) => !moved.has(path)));
  }

  /** A directory is gone or became something else. */
  #lose(directory: string): void {
    const { known, candidates, tree } = this.#services;
    this.#unreadable.delete(directory);
    for (const path of tree.below(directory)) tree.forget(path);
    for (const path of known.paths) if (isBelow(directory, path)) known.missing(path);
    for (const path of candidates.paths) if (isBelow(directory, path)) candidates.forget(path);
  }

  #isSearched(directory: string): boolean {
    return this.#config.recursive && !isNeverDatabase(basename(directory), 'directory');
  }

  #isOutOfSight(path: string): boolean {
    for (const directory of this.#unreadable) if (isBelow(directory, path)) return true;
    return false;
  }
}

/** Links to files are files, links to directories are neither. What cannot be seen from here is `other`. */
function kindOf(path: string): EntryKind {
  try {
    const entry = lstatSync(path);
    if (entry.isDirectory()) return 'directory';
    return (entry.isSymbolicLink() ? statSync(path) : entry).isFile() ? 'file' : 'other';
  } catch (error) {
    return isDenied(error) ? 'other' : 'missing';
  }
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '');
}
