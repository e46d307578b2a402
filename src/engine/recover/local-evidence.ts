import { unknownChecksum } from '../../format/ltx/checksum.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import { formatTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import { FileReplicaClient } from '../../replica/file/file-replica-client.ts';
import type { LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { headOf, type LineageHead } from '../lineage-head.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { readHeader } from '../restore/read-header.ts';
import { RestoreError } from '../restore/restore-error.ts';

/** What the local files of level 0 say of the lineage even when some of them are damaged: their names, and what can be read. */
export class LocalEvidence {
  readonly client: ReplicaClient;
  /** Ascending. */
  readonly files: readonly LtxFileInfo[];
  /** That of the newest file that can be read; undefined when none can. */
  readonly epoch: number | undefined;

  private constructor(client: ReplicaClient, files: readonly LtxFileInfo[], epoch: number | undefined) {
    this.client = client;
    this.files = files;
    this.epoch = epoch;
  }

  static async read(
    meta: MetaDirectory,
    services: { readonly durableFiles: DurableFiles; readonly logger: Logger },
  ): Promise<LocalEvidence> {
    const client = new FileReplicaClient({ path: meta.path }, services);
    const files: LtxFileInfo[] = [];
    for await (const file of client.list(0)) files.push(file);
    const newest = await newestReadable(client, files);
    return new LocalEvidence(client, files, newest?.head.epoch);
  }

  get newestTxid(): Txid {
    return this.files.at(-1)?.maxTxid ?? noTxid;
  }

  /**
   * Why a replica, whose newest TXID is `newestTxid` and whose newest readable file is `readable`, may hold what another
   * writer made; undefined when everything in it came from here.
   */
  async doubt(newestTxid: Txid, readable: NewestReadable | undefined): Promise<string | undefined> {
    if (newestTxid > this.newestTxid) {
      return `it holds TXID ${formatTxid(newestTxid)}, the local files end at ${formatTxid(this.newestTxid)}`;
    }
    if (readable === undefined)
      return 'none of its newest files can be read, so nothing shows that they came from here';
    const { head, file } = readable;
    const own = await this.#headAt(head.txid);
    const epoch = own?.epoch ?? this.epoch;
    if (head.epoch > (epoch ?? 0)) {
      const here = epoch === undefined ? 'no local file can be read' : `the local ones have ${epoch}`;
      return `its files have epoch ${head.epoch}, ${here}`;
    }
    if (own !== undefined && file.level === 0 && !isSame(head, own)) {
      return `it has another TXID ${formatTxid(head.txid)} than the local files`;
    }
    return undefined;
  }

  async #headAt(txid: Txid): Promise<LineageHead | undefined> {
    const file = this.files.find(({ maxTxid }) => maxTxid === txid);
    return file && (await readableHead(this.client, file));
  }
}

/** A file whose header can be read, and what that says. */
export interface NewestReadable {
  readonly file: LtxFileInfo;
  readonly head: LineageHead;
}

/** Files looked at before it counts that none can be read. */
const mostLooks = 16;

/** The newest of some files whose header can be read. Throws ReplicaError. */
export async function newestReadable(
  client: ReplicaClient,
  files: readonly LtxFileInfo[],
): Promise<NewestReadable | undefined> {
  const newestFirst = [...files].sort((a, b) =>
    a.maxTxid === b.maxTxid ? a.level - b.level : a.maxTxid > b.maxTxid ? -1 : 1,
  );
  for (const file of newestFirst.slice(0, mostLooks)) {
    const head = await readableHead(client, file);
    if (head !== undefined) return { file, head };
  }
  return undefined;
}

async function readableHead(client: ReplicaClient, file: LtxFileInfo): Promise<LineageHead | undefined> {
  try {
    const header = await readHeader(client, file, {});
    return header.maxTxid === file.maxTxid ? headOf(header) : undefined;
  } catch (error) {
    if (error instanceof RestoreError || error instanceof LtxError) return undefined;
    throw error;
  }
}

/** Files of other programs carry no checksum; the time tells them apart. */
function isSame(a: LineageHead, b: LineageHead): boolean {
  if (a.epoch !== b.epoch) return false;
  const known = a.checksum !== unknownChecksum && b.checksum !== unknownChecksum;
  return known ? a.checksum === b.checksum : a.timestampMs === b.timestampMs;
}
