import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { makeDirectory } from '../../runtime/durable-directory.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import { claimPath, ExclusivePublisher, type ExclusivePublisherOptions } from '../../runtime/exclusive-publisher.ts';
import { patientCalls } from '../../runtime/file-calls.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { CallGate } from '../call-gate.ts';
import { decodeLeaseRecord, encodeLeaseRecord, type LeaseRecord } from '../lease/lease-record.ts';
import type { LeaseStore, LeaseWriteOutcome, StoredLease } from '../lease/lease-store.ts';
import type { CallOptions } from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import { fileError } from './file-error.ts';
import { Leftovers, temporaryPathOf } from './leftovers.ts';

/** As many writes would have to happen during one directory listing for it to miss the highest number. */
const keptCount = 16;
const readTries = 8;
const leftoverAgeMs = 3_600_000;

export interface FileLeaseStoreOptions {
  /** The replica's directory; made by the first write. */
  readonly path: string;
  /** What its files' names begin with. Default: `lock`. */
  readonly name?: string | undefined;
  readonly link?: ExclusivePublisherOptions['link'];
}

/**
 * The lease of a directory, which has no compare-and-swap: rename replaces whatever is there. So every write, a renewal too,
 * creates the file `lock.<seen + 1>.json`, never replacing one, and the highest number is the lease. The numbers only
 * count writes; the epoch is the `generation` inside.
 */
export class FileLeaseStore implements LeaseStore {
  readonly url: string;
  readonly #path: string;
  readonly #name: string;
  readonly #durableFiles: DurableFiles;
  readonly #publisher: ExclusivePublisher;
  readonly #leftovers: Leftovers;
  readonly #gate: CallGate;

  constructor(
    options: FileLeaseStoreOptions,
    services: { readonly durableFiles: DurableFiles; readonly logger: Logger },
  ) {
    const { path, name = 'lock' } = options;
    this.url = `file://${path}/${name}.json`;
    this.#path = path;
    this.#name = name;
    this.#durableFiles = services.durableFiles;
    this.#publisher = new ExclusivePublisher({ link: options.link });
    this.#leftovers = new Leftovers(leftoverAgeMs, services.logger);
    this.#gate = new CallGate(this.url);
  }

  read(options?: CallOptions): Promise<StoredLease | undefined> {
    return this.#gate.run(options?.signal, async () => {
      for (let tries = 0; tries < readTries; tries += 1) {
        options?.signal?.throwIfAborted();
        const newest = (await this.#numbers()).at(-1);
        if (newest === undefined) return undefined;
        const bytes = await this.#readFile(newest);
        if (bytes !== undefined)
          return { record: decodeLeaseRecord(bytes, this.#pathOf(newest)), tag: this.#tagOf(newest) };
      }
      throw new ReplicaError('unavailable', `Cannot read lease ${this.url}: it changes too fast`);
    });
  }

  write(record: LeaseRecord, seen: StoredLease | undefined, options?: CallOptions): Promise<LeaseWriteOutcome> {
    return this.#gate.run(options?.signal, async () => {
      const number = seen === undefined ? 1 : this.#numberOf(seen.tag) + 1;
      if ((await this.#create(number, encodeLeaseRecord(record), options?.signal)) === 'exists') {
        return { outcome: 'refused' };
      }
      const numbers = await this.#numbers();
      if (numbers.at(-1) !== number) {
        await this.#remove([number]); // it was free only because files that old are gone
        return { outcome: 'refused' };
      }
      await this.#remove(numbers.filter((other) => other <= number - keptCount));
      await this.#leftovers.sweep(this.#path, this.#pathOf(number), patientCalls);
      return { outcome: 'written', tag: this.#tagOf(number) };
    });
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #tagOf(number: number): string {
    return `${this.#name}.${number}.json`;
  }

  /** 0 for what is no lease file. */
  #numberOf(name: string): number {
    const [, number = '0'] = /^\.([1-9][0-9]{0,14})\.json$/.exec(name.slice(this.#name.length)) ?? [];
    return name.startsWith(this.#name) ? Number(number) : 0;
  }

  #pathOf(number: number): string {
    return `${this.#path}/${this.#tagOf(number)}`;
  }

  /** Ascending. */
  async #numbers(): Promise<number[]> {
    try {
      const numbers = (await readdir(this.#path)).map((name) => this.#numberOf(name)).filter((number) => number > 0);
      return numbers.sort((a, b) => a - b);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw fileError('list', this.#path, error);
    }
  }

  /** Undefined when it was removed since it was listed: there are newer ones. */
  async #readFile(number: number): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#pathOf(number));
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw fileError('read', this.#pathOf(number), error);
    }
  }

  async #create(number: number, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<'created' | 'exists'> {
    const path = this.#pathOf(number);
    const temporaryPath = temporaryPathOf(path, randomBytes(8).toString('hex'));
    try {
      return await this.#leftovers.keeping(temporaryPath, async () => {
        const pending = await this.#begin(path, temporaryPath);
        try {
          await pending.append(bytes);
          signal?.throwIfAborted();
          return await pending.create();
        } catch (error) {
          await pending.discard().catch(() => {});
          throw error;
        }
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw fileError('write', path, error);
    }
  }

  async #begin(path: string, temporaryPath: string): Promise<PendingFile> {
    const options = { temporaryPath, publisher: this.#publisher };
    try {
      return await this.#durableFiles.begin('lease', path, options);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
    await makeDirectory(this.#path);
    return this.#durableFiles.begin('lease', path, options);
  }

  /** Not made durable: a file that comes back is not the highest. */
  async #remove(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      const path = this.#pathOf(number);
      try {
        await rm(path, { force: true });
        await rm(claimPath(path), { recursive: true, force: true });
      } catch (error) {
        throw fileError('delete', path, error);
      }
    }
  }
}
