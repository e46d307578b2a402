import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Level, levels } from '../../format/ltx/level.ts';
import { type Txid, toTxid } from '../../format/ltx/txid.ts';
import { BackgroundWriter } from '../../runtime/background-writer.ts';
import { makeDirectory, syncDirectory } from '../../runtime/durable-directory.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import { claimPath, ExclusivePublisher, type ExclusivePublisherOptions } from '../../runtime/exclusive-publisher.ts';
import { type FileCalls, patientCalls, promptCalls } from '../../runtime/file-calls.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import { removeIfThere } from '../../runtime/remove-if-there.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { isWatchable } from '../../runtime/watchable-file-system.ts';
import { CallGate } from '../call-gate.ts';
import { levelPath, ltxPath } from '../directory-layout.ts';
import type {
  ByteRange,
  ByteReader,
  CallOptions,
  LtxBody,
  LtxFileId,
  LtxFileInfo,
  ReplicaClient,
  WriteOptions,
  WriteOutcome,
} from '../replica-client.ts';
import { ReplicaError } from '../replica-error.ts';
import { sizedChunks } from '../sized-chunks.ts';
import { fileError } from './file-error.ts';
import { FileReader } from './file-reader.ts';
import { Leftovers, temporaryPathOf } from './leftovers.ts';
import { claimedNames, levelsIn, listLevel, ltxNames } from './level-listing.ts';
import { type ShareSteps, shareFile } from './share-file.ts';

const hourMs = 3_600_000;
const removalsAtOnce = 64;

export interface FileReplicaOptions {
  /** The replica's directory; made by the first write, and made again when it went away. */
  readonly path: string;
  /** How long a temporary file must have been untouched to count as a killed writer's. Default: an hour. */
  readonly leftoverAgeMs?: number | undefined;
  readonly link?: ExclusivePublisherOptions['link'];
}

/** A replica in a directory, with the layout and names of Litestream's: `<path>/ltx/<level>/<name>`. */
export class FileReplicaClient implements ReplicaClient {
  readonly type = 'file';
  readonly url: string;
  readonly smallReadBytes = 4096;
  readonly #path: string;
  readonly #durableFiles: DurableFiles;
  readonly #publisher: ExclusivePublisher;
  readonly #link: FileReplicaOptions['link'];
  readonly #leftovers: Leftovers;
  readonly #gate: CallGate;
  #knownCalls: FileCalls | undefined;

  constructor(options: FileReplicaOptions, services: { readonly durableFiles: DurableFiles; readonly logger: Logger }) {
    this.url = `file://${options.path}`;
    this.#path = options.path;
    this.#durableFiles = services.durableFiles;
    this.#link = options.link;
    this.#publisher = new ExclusivePublisher({
      link: options.link,
      onWithoutLinks: (_, error) =>
        services.logger.warn('The replica directory has no hard links, files are created through claim directories', {
          replica: this.url,
          error,
        }),
    });
    this.#leftovers = new Leftovers(options.leftoverAgeMs ?? hourMs, services.logger);
    this.#gate = new CallGate(this.url);
  }

  async *list(
    level: Level,
    options: CallOptions & { readonly from?: Txid | undefined } = {},
  ): AsyncGenerator<LtxFileInfo, void, undefined> {
    this.#gate.enter(options.signal);
    try {
      yield* listLevel(`${this.#path}/${levelPath(level)}`, level, options.from ?? toTxid(1), options.signal);
    } finally {
      this.#gate.leave();
    }
  }

  async *listAll(options: CallOptions = {}): AsyncGenerator<LtxFileInfo, void, undefined> {
    this.#gate.enter(options.signal);
    try {
      const present = await levelsIn(this.#path);
      for (const level of levels) {
        if (present.has(level)) yield* listLevel(`${this.#path}/${levelPath(level)}`, level, toTxid(1), options.signal);
      }
    } finally {
      this.#gate.leave();
    }
  }

  open(file: LtxFileId, range: ByteRange = { offset: 0 }, options?: CallOptions): Promise<ByteReader> {
    const path = this.#pathOf(file);
    return this.#gate.run(options?.signal, async () => {
      try {
        const calls = this.#calls();
        const source = { path, descriptor: await calls.open(path, 'r'), calls };
        return new FileReader(source, range, options?.signal);
      } catch (error) {
        if (systemErrorCode(error) !== 'ENOENT') throw fileError('open', path, error);
        throw new ReplicaError('not-found', `Cannot open ${path}: it does not exist`, { cause: error });
      }
    });
  }

  write(file: LtxFileId, body: LtxBody, options?: WriteOptions): Promise<WriteOutcome> {
    const path = this.#pathOf(file);
    return this.#gate.run(options?.signal, async () => {
      const calls = this.#calls();
      const shared = await this.#share(path, body, options?.signal);
      if (shared !== undefined) return shared;
      if (await storing(path, async () => calls.exists(path))) {
        await storing(path, () => syncDirectory(dirname(path), calls));
        return 'exists';
      }
      const temporaryPath = temporaryPathOf(path, randomBytes(8).toString('hex'));
      const outcome = await this.#leftovers.keeping(temporaryPath, async () => {
        const pending = await storing(path, () => this.#begin(path, temporaryPath));
        try {
          return await store(pending, file, body, options);
        } catch (error) {
          await pending.discard().catch(() => {});
          throw error;
        }
      });
      if (outcome === 'created') await this.#leftovers.sweep(dirname(path), path, calls);
      return outcome;
    });
  }

  delete(files: readonly LtxFileId[], options?: CallOptions): Promise<void> {
    return this.#gate.run(options?.signal, () =>
      this.#remove(
        files.map((file) => this.#pathOf(file)),
        options?.signal,
      ),
    );
  }

  deleteAll(options?: CallOptions): Promise<void> {
    return this.#gate.run(options?.signal, async () => {
      for (const level of levels) {
        const directory = `${this.#path}/${levelPath(level)}`;
        const stored = await ltxNames(directory, toTxid(1), options?.signal);
        const names = [...stored, ...(await claimedNames(directory, options?.signal))];
        await this.#remove(
          names.map((name) => `${directory}/${name}`),
          options?.signal,
        );
      }
    });
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #pathOf(file: LtxFileId): string {
    return `${this.#path}/${ltxPath(file)}`;
  }

  async #share(path: string, body: LtxBody, signal: AbortSignal | undefined): Promise<WriteOutcome | undefined> {
    const calls = this.#calls();
    const link: ShareSteps['link'] = (existingPath, newPath) => {
      signal?.throwIfAborted();
      return (this.#link ?? calls.link)(existingPath, newPath);
    };
    const reached: ShareSteps['reached'] = (stage) => this.#durableFiles.reached('replica-ltx', stage, path);
    const outcome = await shareFile(path, body, { link, reached, calls });
    if (outcome === undefined) return undefined;
    await storing(path, () => syncDirectory(dirname(path), calls));
    if (outcome === 'created') {
      reached('sync-directory');
      await this.#leftovers.sweep(dirname(path), path, calls);
    }
    return outcome;
  }

  async #begin(path: string, temporaryPath: string): Promise<PendingFile> {
    const options = { temporaryPath, publisher: this.#publisher, calls: this.#calls() };
    try {
      return await this.#durableFiles.begin('replica-ltx', path, options);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
    await makeDirectory(dirname(path));
    return this.#durableFiles.begin('replica-ltx', path, options);
  }

  /** A directory that another machine serves may take its time for any call. */
  #calls(): FileCalls {
    this.#knownCalls ??= isWatchable(this.#path) ? promptCalls : patientCalls;
    return this.#knownCalls;
  }

  /** Makes the removals durable too: a file that came back after a power cut could belong to a lineage given up since. */
  async #remove(paths: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    for (let at = 0; at < paths.length; at += removalsAtOnce) {
      signal?.throwIfAborted();
      await Promise.all(paths.slice(at, at + removalsAtOnce).map((path) => this.#removeFile(path)));
    }
    for (const directory of new Set(paths.map((path) => dirname(path)))) {
      try {
        await syncDirectory(directory);
      } catch (error) {
        if (systemErrorCode(error) !== 'ENOENT') throw fileError('delete', directory, error);
      }
    }
  }

  /** A claim left by a kill goes as well, or it could be completed when the name is written again. */
  async #removeFile(path: string): Promise<void> {
    try {
      const calls = this.#calls();
      await removeIfThere(path, calls);
      const claim = claimPath(path);
      if (await calls.exists(claim)) await rm(claim, { recursive: true, force: true });
    } catch (error) {
      throw fileError('delete', path, error);
    }
    this.#durableFiles.reached('replica-ltx', 'remove', path);
  }
}

/** Fills a pending file and publishes it. Errors of the body itself pass unchanged. */
async function store(
  pending: PendingFile,
  file: LtxFileId,
  body: LtxBody,
  options: WriteOptions | undefined,
): Promise<WriteOutcome> {
  await fill(pending, file, body, options);
  options?.signal?.throwIfAborted();
  await storing(pending.path, () => pending.setModified(body.timestampMs));
  return storing(pending.path, () => pending.create());
}

/** Reads go on while up to four writes are under way: the copy of a large file is mostly waiting for memory and disk. */
async function fill(
  pending: PendingFile,
  file: LtxFileId,
  body: LtxBody,
  options: WriteOptions | undefined,
): Promise<void> {
  const writer = new BackgroundWriter(pending, body.sizeBytes);
  let position = 0;
  try {
    for await (const chunk of sizedChunks(file, body)) {
      options?.signal?.throwIfAborted();
      await storing(pending.path, () => writer.write(chunk, position));
      position += chunk.byteLength;
      options?.onProgress?.(position);
    }
    await storing(pending.path, () => writer.finish());
  } finally {
    await writer.settled();
  }
}

async function storing<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw fileError('write', path, error);
  }
}
