import { formatTxid, noTxid, type Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ReplicaHead } from '../continuity/replica-head.ts';
import { EngineError } from '../engine-error.ts';
import type { Attachment } from '../follow/attachment.ts';
import type { LeaseTerm } from '../lease/database-lease.ts';
import { judgeAcquisition } from '../lease/fencing.ts';
import type { HeldTerm } from '../lease/term-holder.ts';
import { headOf, type LineageHead } from '../lineage-head.ts';
import { AttemptedMark } from '../meta/attempted-mark.ts';
import { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { requireKnownState } from '../meta/state-version.ts';
import type { PageRuns } from '../page-runs.ts';
import { restampFile } from '../write/restamp-file.ts';
import { authorityOf } from './fenced-replicas.ts';
import { type NamedClient, type ReplicaHeads, readReplicaHeads } from './replica-heads.ts';
import type { ShippingTerm } from './shipping.ts';
import { firstUnshared } from './unshared-files.ts';

export interface LineageServices {
  readonly runs: PageRuns;
  readonly durableFiles: DurableFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What replicas and local files say together, before a database is attached. */
export interface SettledLineage {
  readonly remote: ReplicaHeads['newest'];
  /** What each replica that was reached holds. */
  readonly heads: ReplicaHeads['byName'];
  /** Local files up to here are in some replica, byte for byte. */
  readonly shipped: Txid;
  readonly term: LeaseTerm | undefined;
  /** A late write of a former holder is taken into the lineage: the database follows it as a diff. */
  readonly absorbs: boolean;
}

/** One database's line of TXIDs as far as this host has it: its local files, which of them may have been sent, its epoch. */
export class Lineage {
  readonly local: LocalFiles;
  readonly mark: AttemptedMark;
  readonly #path: string;
  readonly #services: LineageServices;
  #epochFile: { readonly epoch: number; readonly txid: Txid } | undefined;

  private constructor(path: string, local: LocalFiles, mark: AttemptedMark, services: LineageServices) {
    this.#path = path;
    this.local = local;
    this.mark = mark;
    this.#services = services;
  }

  static async open(path: string, meta: MetaDirectory, services: LineageServices): Promise<Lineage> {
    requireKnownState(path, meta);
    const local = await LocalFiles.open(meta, services);
    return new Lineage(path, local, await AttemptedMark.open(meta, local.headTxid, services), services);
  }

  /**
   * Asks the replicas first. Under a lease the epoch is raised above every one that is there, files of ours that a later
   * holder's lineage left behind go into quarantine, and those that stand where an earlier holder's late write is are
   * given up. What is ahead of a database that was restored in this very term is a late write too. Throws EngineError
   * `unavailable` when nothing is known of the past.
   */
  async settle(
    replicas: readonly NamedClient[],
    held: HeldTerm | undefined,
    options: CallOptions,
  ): Promise<SettledLineage> {
    const heads = await readReplicaHeads(replicas, options);
    const authority = held && authorityOf(replicas);
    const unread = heads.unreachable.find(({ name }) => authority === undefined || name === authority.name);
    const isPastUnknown = held !== undefined || (heads.reachedCount === 0 && this.local.newest === undefined);
    if (unread !== undefined && isPastUnknown) throw pastUnknown(this.#path, unread);
    if (held === undefined || authority === undefined) {
      return { remote: heads.newest, heads: heads.byName, shipped: noTxid, term: undefined, absorbs: false };
    }
    const local = await this.#headAt(this.local.newest?.txid);
    const remote = leadingHead(authority, heads, local?.txid ?? noTxid);
    const epochs = [...heads.byName.values()].map((head) => head?.epoch ?? 0);
    const newestEpoch = Math.max(local?.epoch ?? 0, ...epochs);
    const isOwn = newestEpoch === held.term.epoch && this.#epochFile?.epoch === newestEpoch;
    const term =
      newestEpoch < held.term.epoch || isOwn ? held.term : await held.lease.raiseAbove(held.term, newestEpoch, options);
    const isFromAuthority = remote?.name === authority.name && remote.head.epoch < term.epoch;
    const isAfterRestore = local === undefined && held.isRestored && isFromAuthority;
    const absorbs = isAfterRestore || (remote !== undefined && (await this.#absorbs(remote, local, options)));
    const shipped = await this.#shipped(remote?.head.txid ?? noTxid, heads);
    return { remote, heads: heads.byName, shipped, term, absorbs };
  }

  /** The newest TXID whose local file some replica holds as it is; beyond, files may be made anew. */
  async #shipped(least: Txid, { byName }: ReplicaHeads): Promise<Txid> {
    let shipped = least;
    for (const head of byName.values()) {
      if (head === undefined || head.txid <= shipped) continue;
      const own = await this.#headAt(head.txid);
      if (own !== undefined && isSameFile(own, head)) shipped = head.txid;
    }
    return shipped;
  }

  /**
   * Makes sure that the first file sent in a term carries its epoch: what no replica had when it was asked is stamped with
   * it, and where there is nothing a file without pages is added. A file that may have been sent before is stamped too: if
   * it arrives after all, it is a late write like any other. So the key that a former holder tries next is always taken by a
   * file of this term, which retention keeps.
   */
  async begin(attachment: Attachment, { shipped, term }: SettledLineage): Promise<ShippingTerm | undefined> {
    if (term === undefined) return undefined;
    const { epoch } = term;
    if (this.#epochFile?.epoch !== epoch) {
      const unsent = this.local.files.filter(({ txid }) => txid > shipped);
      const { kernels } = this.#services.runs;
      for (const file of unsent) await restampFile(this.local, file, epoch, { kernels });
      const txid = unsent[0]?.txid ?? (await attachment.appendUnchanged()).txid;
      this.#epochFile = { epoch, txid };
    }
    return { epoch, signal: term.signal, mayWrite: () => term.mayWrite(), epochTxid: this.#epochFile.txid };
  }

  async #absorbs(
    { name: replica, client, head: remote }: NonNullable<ReplicaHeads['newest']>,
    local: LineageHead | undefined,
    options: CallOptions,
  ): Promise<boolean> {
    const { logger } = this.#services;
    const localThere = await this.#headAt(remote.txid);
    const finding = judgeAcquisition({ replica: remote, local, localThere });
    if (finding === 'absorb') {
      logger.warn('a former holder of the lease wrote once more; its file is taken in, the next one puts it right', {
        replica,
        txid: formatTxid(remote.txid),
        epoch: remote.epoch,
      });
      await this.local.removeFrom(remote.txid);
      this.#epochFile = undefined; // its key is taken: the next file is the first of the term
      return true;
    }
    const isLeftBehind = finding === 'superseded' || finding === 'replica-ahead';
    if (isLeftBehind && local !== undefined && remote.epoch > local.epoch) {
      await this.#quarantine(await firstUnshared(this.local, local.epoch, client, options), replica, remote);
    }
    return false;
  }

  /** Transactions that were never shipped before another host went on are kept, and reported. */
  async #quarantine(from: Txid | undefined, replica: string, remote: ReplicaHead): Promise<void> {
    if (from === undefined) return;
    const { logger, clock } = this.#services;
    const count = this.local.files.filter(({ txid }) => txid >= from).length;
    const name = `${new Date(clock.now()).toISOString().replaceAll(':', '-')}-before-epoch-${remote.epoch}`;
    const directory = await this.local.quarantineFrom(from, name);
    logger.error('transactions of this host were never shipped and another host has gone on without them', {
      replica,
      from: formatTxid(from),
      files: count,
      directory,
      hint: 'the replica is as that host left it; the files of this one lie in the directory',
    });
  }

  async #headAt(txid: Txid | undefined): Promise<LineageHead | undefined> {
    return txid === undefined || !this.local.has(txid) ? undefined : headOf(await this.local.readHeader(txid));
  }
}

/**
 * The replica whose newest file decides how to go on: the authority's, unless another one knows TXIDs that neither it nor
 * this host does. One that holds other files than they do is dealt with when it is shipped to: it stops alone.
 */
function leadingHead(authority: NamedClient, { newest, byName }: ReplicaHeads, local: Txid): ReplicaHeads['newest'] {
  const head = byName.get(authority.name);
  const known = head === undefined || head.txid < local ? local : head.txid;
  if (newest !== undefined && newest.head.txid > known) return newest;
  return head && { name: authority.name, client: authority.client, head };
}

function isSameFile(a: LineageHead, b: LineageHead): boolean {
  return a.epoch === b.epoch && a.checksum === b.checksum && a.timestampMs === b.timestampMs;
}

function pastUnknown(path: string, { name, error }: ReplicaHeads['unreachable'][number]): EngineError {
  return new EngineError(
    'unavailable',
    `Cannot begin to replicate ${path}: replica ${name} cannot be read, so its past is unknown`,
    { cause: error },
  );
}
