import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeLtxHeader, type LtxHeader, ltxHeaderBytes } from '../../format/ltx/header.ts';
import { snapshotLevel, syncLevel } from '../../format/ltx/level.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import { formatTxid, nextTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import { FileReplicaClient } from '../../replica/file/file-replica-client.ts';
import { readRange } from '../../replica/read-range.ts';
import type { ByteReader, LtxFileId, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import { makeDirectory } from '../../runtime/durable-directory.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PendingFile } from '../../runtime/pending-file.ts';
import { lockedDirectoryPublisher } from '../../runtime/publisher.ts';
import { EngineError } from '../engine-error.ts';
import type { MetaDirectory } from './meta-directory.ts';
import { bodyInMemory, bodyOf, type StoredBody } from './stored-body.ts';

/** A level-0 file in the meta directory. */
export interface LocalFile {
  readonly txid: Txid;
  readonly sizeBytes: number;
}

/** A file of which all bytes are in memory. */
export interface WrittenFile {
  readonly header: LtxHeader;
  readonly bytes: Uint8Array;
}

/** In temporary names: no other process can make files of them. */
const processName = randomUUID();

/**
 * The level-0 files kept beside the database, without gaps up to the newest: what was not shipped yet, and what a position
 * is proven from.
 */
export class LocalFiles {
  readonly #meta: MetaDirectory;
  readonly #durableFiles: DurableFiles;
  readonly #client: FileReplicaClient;
  #files: LocalFile[];
  #snapshots: LtxFileInfo[];
  #startTxid: Txid = noTxid;
  /** The newest file, where it is small: it is shipped as a rule right after it was written. */
  #newestContent: WrittenFile | undefined;

  private constructor(meta: MetaDirectory, durableFiles: DurableFiles, client: FileReplicaClient) {
    this.#meta = meta;
    this.#durableFiles = durableFiles;
    this.#client = client;
    this.#files = [];
    this.#snapshots = [];
  }

  /** Opens the directory, making it where it is missing, and removes what a killed process left unfinished. */
  static async open(
    meta: MetaDirectory,
    services: { durableFiles: DurableFiles; logger: Logger },
  ): Promise<LocalFiles> {
    await makeDirectory(meta.syncLevelPath);
    await removeUnfinished(meta.syncLevelPath);
    await rm(meta.scratchPath, { recursive: true, force: true });
    const client = new FileReplicaClient({ path: meta.path }, services);
    const local = new LocalFiles(meta, services.durableFiles, client);
    local.#files = await listSyncLevel(meta, client);
    for await (const snapshot of client.list(snapshotLevel)) local.#snapshots.push(snapshot);
    if (local.#snapshots.length > 0) await removeUnfinished(meta.snapshotLevelPath);
    return local;
  }

  /** The directory as a replica, to be read from. */
  get client(): ReplicaClient {
    return this.#client;
  }

  /** Ascending, without gaps. */
  get files(): readonly LocalFile[] {
    return this.#files;
  }

  /** Snapshots that replicas may still be waiting for. */
  get snapshots(): readonly LtxFileInfo[] {
    return this.#snapshots;
  }

  get newest(): LocalFile | undefined {
    return this.#files.at(-1);
  }

  /** The newest transaction of the lineage: that of the newest file, or the one that the first file will follow. */
  get headTxid(): Txid {
    return this.newest?.txid ?? this.#startTxid;
  }

  /** To be called when the lineage goes on from a state that only replicas have. */
  startAfter(txid: Txid): void {
    this.#startTxid = txid;
  }

  has(txid: Txid): boolean {
    return this.get(txid) !== undefined;
  }

  get(txid: Txid): LocalFile | undefined {
    const first = this.#files[0]?.txid;
    return first === undefined || txid < first ? undefined : this.#files[Number(txid - first)];
  }

  /** Throws EngineError `state-invalid` when the file is missing or is none. */
  readHeader(txid: Txid): Promise<LtxHeader> {
    return this.#whole(txid, async () => decodeLtxHeader(await this.readAt(txid, 0, ltxHeaderBytes)));
  }

  /** Throws EngineError `state-invalid` when the file is missing or ends before. */
  readAt(txid: Txid, offset: number, length: number): Promise<Uint8Array> {
    return this.#whole(txid, async () => {
      const bytes = new Uint8Array(length);
      await readRange(this.#client, fileId(txid), offset, bytes);
      return bytes;
    });
  }

  /** The last `target.length` bytes of a file. */
  async readEnd(txid: Txid, target: Uint8Array): Promise<void> {
    const file = this.get(txid);
    if (file === undefined)
      throw new EngineError('state-invalid', `Cannot read local file of TXID ${formatTxid(txid)}: missing`);
    await this.#whole(txid, () => readRange(this.#client, fileId(txid), file.sizeBytes - target.byteLength, target));
  }

  open(txid: Txid): Promise<ByteReader> {
    return this.#client.open(fileId(txid));
  }

  /** The bytes of a file, for a replica. */
  async body(file: LtxFileInfo): Promise<StoredBody> {
    const path = this.#meta.filePath(file);
    const known = this.#knownContent(file);
    if (known !== undefined) return { ...bodyInMemory(known.header, known.bytes), shared: { path, isKnown: true } };
    const shared = { path, isKnown: false };
    return this.#whole(file.maxTxid, async () => ({ ...(await bodyOf(this.#client, file)), shared }));
  }

  /** Starts the file of a TXID under a temporary name. Bytes kept in memory are no longer those of a file that is written again. */
  begin(file: LtxFileId): Promise<PendingFile> {
    if (this.#knownContent(file) !== undefined) this.releaseContent();
    const path = this.#meta.filePath(file);
    const options = {
      temporaryPath: `${path}.${processName}.tmp`,
      isTemporaryUnique: true,
      publisher: lockedDirectoryPublisher,
    };
    return this.#durableFiles.begin('local-ltx', path, options);
  }

  async beginSnapshot(file: LtxFileId): Promise<PendingFile> {
    await makeDirectory(this.#meta.snapshotLevelPath);
    return this.begin(file);
  }

  publishedSnapshot(file: LtxFileInfo): void {
    this.#snapshots = [...this.#snapshots.filter((other) => other.maxTxid !== file.maxTxid), file];
  }

  /** Removes snapshots that every replica has. */
  async removeSnapshots(upTo: Txid): Promise<void> {
    const gone = this.#snapshots.filter((file) => file.maxTxid <= upTo);
    await this.#durableFiles.remove(
      'local-ltx',
      gone.map((file) => this.#meta.filePath(file)),
    );
    this.#snapshots = this.#snapshots.filter((file) => file.maxTxid > upTo);
  }

  /** To be called after the file of the next TXID was published, or the newest one replaced; with its bytes where they are few. */
  published(file: LocalFile, content?: WrittenFile): void {
    this.#newestContent = content;
    if (this.newest?.txid === file.txid) this.#files.pop();
    this.#files.push(file);
  }

  /** Keeps no bytes in memory any more: nobody will ask for them soon. */
  releaseContent(): void {
    this.#newestContent = undefined;
  }

  /** Removes the files before a TXID. */
  async removeBefore(txid: Txid): Promise<void> {
    const gone = this.#files.filter((file) => file.txid < txid);
    await this.#durableFiles.remove(
      'local-ltx',
      gone.map((file) => this.#meta.filePath(fileId(file.txid))),
    );
    this.#files = this.#files.filter((file) => file.txid >= txid);
  }

  /** Forgets and removes every file: the lineage goes on from elsewhere. */
  async removeAll(): Promise<void> {
    const last = this.newest;
    if (last !== undefined) await this.removeBefore(nextTxid(last.txid));
  }

  /** Removes the files from a TXID on, newest first, so that what is left never has a gap. */
  async removeFrom(txid: Txid): Promise<void> {
    await this.#durableFiles.remove('local-ltx', this.#pathsFrom(txid));
    this.#files = this.#files.filter((file) => file.txid < txid);
  }

  /** Takes the files from a TXID on out of the lineage, newest first; returns the directory where they lie then. */
  async quarantineFrom(txid: Txid, name: string): Promise<string> {
    const directory = join(this.#meta.quarantinePath, name);
    await makeDirectory(directory);
    await this.#durableFiles.move('local-ltx', this.#pathsFrom(txid), directory);
    this.#files = this.#files.filter((file) => file.txid < txid);
    return directory;
  }

  /** Tells a local file that is not what it should be from one of a replica. */
  async #whole<T>(txid: Txid, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      const isMissing = cause instanceof ReplicaError && cause.code === 'not-found';
      if (!isMissing && !(cause instanceof LtxError)) throw cause;
      const state = isMissing ? 'missing' : `damaged, ${cause.message}`;
      throw new EngineError('state-invalid', `Cannot use local file of TXID ${formatTxid(txid)}: ${state}`, {
        cause,
        hint: 'run `litestream reset` for this database, or set `auto-recover: true` for its replica',
      });
    }
  }

  #knownContent({ level, maxTxid }: LtxFileId): WrittenFile | undefined {
    return level === syncLevel && this.#newestContent?.header.maxTxid === maxTxid ? this.#newestContent : undefined;
  }

  #pathsFrom(txid: Txid): string[] {
    const files = this.#files.filter((file) => file.txid >= txid).reverse();
    return files.map((file) => this.#meta.filePath(fileId(file.txid)));
  }
}

export function fileId(txid: Txid): LtxFileId {
  return { level: 0, minTxid: txid, maxTxid: txid };
}

async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.endsWith('.tmp')) await rm(join(directory, name), { force: true });
  }
}

/** The files of level 0 from the last gap on. */
async function listSyncLevel(meta: MetaDirectory, client: FileReplicaClient): Promise<LocalFile[]> {
  let files: LocalFile[] = [];
  for await (const { minTxid, maxTxid, sizeBytes } of client.list(0)) {
    if (minTxid !== maxTxid) {
      throw new EngineError(
        'state-invalid',
        `Cannot use local files of ${meta.path}: level 0 holds a file of more than one TXID`,
        {
          hint: 'run `litestream reset` for this database: the replica stays as it is',
        },
      );
    }
    const last = files.at(-1);
    if (last !== undefined && nextTxid(last.txid) !== minTxid) files = [];
    files.push({ txid: minTxid, sizeBytes });
  }
  return files;
}
