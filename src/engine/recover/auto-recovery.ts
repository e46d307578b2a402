import { formatTxid } from '../../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo } from '../../replica/replica-client.ts';
import { ReplicaError } from '../../replica/replica-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { Logger } from '../../runtime/logger.ts';
import { readReplicaTable } from '../continuity/replica-table.ts';
import { EngineError } from '../engine-error.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { writeRestoreMarker } from '../meta/restore-marker.ts';
import type { PageRuns } from '../page-runs.ts';
import { type NamedClient, readReplicaHeads } from '../replicator/replica-heads.ts';
import { LocalEvidence, newestReadable } from './local-evidence.ts';
import { removeLocalLineage } from './remove-local-lineage.ts';
import { type DamageDepth, findDamage, isDamage, isSound, type ReplicaDamage } from './replica-damage.ts';

/** Damage is looked at twice, this long apart: some stores list late. */
const confirmMs = 2_000;

export interface AutoRecoveryServices {
  readonly durableFiles: DurableFiles;
  readonly runs: PageRuns;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Resets what is broken where `auto-recover` asks for it: a replica whose newest state cannot be restored is emptied and
 * begun anew, broken local files are removed and the database goes on after its replica. Never what another writer may have
 * made.
 */
export class AutoRecovery {
  readonly #meta: MetaDirectory;
  readonly #replicas: readonly NamedClient[];
  readonly #services: AutoRecoveryServices;
  readonly #suspects = new Map<string, string>();
  readonly #judged = new Map<string, string>();
  #brokenLocal: Error | undefined;

  constructor(meta: MetaDirectory, replicas: readonly NamedClient[], services: AutoRecoveryServices) {
    this.#meta = meta;
    this.#replicas = replicas;
    this.#services = services;
  }

  /** Whether the next attachment has to begin with `run`, with nothing being shipped. */
  get isDue(): boolean {
    return this.#brokenLocal !== undefined || this.#suspects.size > 0;
  }

  /**
   * To be told of each failure. When it may be damage that can be mended here, the next attachment does that, and this one has
   * to end with what is given back. What was judged once is not looked at again.
   */
  suspect(error: unknown, replicaName?: string): EngineError | undefined {
    const isLocal = error instanceof EngineError && error.code === 'state-invalid';
    if (isLocal && this.#replicas.some(({ autoRecover }) => autoRecover)) {
      this.#brokenLocal = error;
      return error;
    }
    const replica = this.#replicas.find(({ name }) => name === replicaName);
    const isDiverged = error instanceof EngineError && error.code === 'diverged';
    if (replica?.autoRecover !== true || !(isDamage(error) || isDiverged)) return undefined;
    if (this.#judged.get(replica.name) === error.message) return undefined;
    this.#suspects.set(replica.name, error.message);
    const message = `Cannot go on with replica ${replica.name}: its files may be damaged, they are looked at`;
    return new EngineError('unavailable', message, { cause: error });
  }

  /**
   * Looks at the replicas, given as they may be written now, and at the local files where they were found broken, and mends
   * what can be mended; resolves to whether the local files are gone. Throws EngineError `diverged` where only the operator
   * can decide.
   */
  async run(writable: readonly NamedClient[], options: CallOptions): Promise<boolean> {
    const broken = this.#brokenLocal;
    if (broken !== undefined) await this.#recoverLocal(broken, options);
    this.#brokenLocal = undefined;
    let isLocalGone = broken !== undefined;
    for (const replica of writable) {
      if (replica.autoRecover !== true) continue;
      const suspicion = this.#suspects.get(replica.name);
      try {
        isLocalGone = (await this.#recoverReplica(replica, suspicion, options)) || isLocalGone;
      } catch (error) {
        if (!(error instanceof ReplicaError)) throw error;
        continue; // a replica that cannot be asked is looked at when it can
      }
      this.#suspects.delete(replica.name);
      if (suspicion !== undefined) this.#judged.set(replica.name, suspicion);
    }
    return isLocalGone;
  }

  async #recoverReplica(replica: NamedClient, suspicion: string | undefined, options: CallOptions): Promise<boolean> {
    const logger = this.#services.logger.child({ replica: replica.name });
    const damage = await this.#confirmedDamage(
      replica,
      suspicion === undefined ? 'newest-file' : 'newest-state',
      options,
    );
    if (damage === undefined) {
      if (suspicion === undefined) return false;
      logger.warn('auto-recover leaves the replica as it is: its newest state can be restored', { because: suspicion });
      return false;
    }
    const evidence = await LocalEvidence.read(this.#meta, this.#services);
    const doubt = await evidence.doubt(newestOf(damage.files), await newestReadable(replica.client, damage.files));
    if (doubt !== undefined) {
      logger.error('auto-recover leaves a damaged replica alone: another writer may have made it', {
        because: damage.reason,
        doubt,
        hint: 'restore what can be restored, then remove the replica or give it another path',
      });
      return false;
    }
    const { client } = replica;
    logger.error('auto-recover deletes everything in a damaged replica, and begins it anew', {
      url: client.url,
      because: damage.reason,
      ...sumOf(damage.files),
    });
    // Local files that are damaged too must not begin the replica anew.
    const isLocalSound = await isSound(evidence, { ...options, runs: this.#services.runs });
    await client.deleteAll(options);
    if (!isLocalSound) await this.#removeLocal('a local file is damaged as well', evidence);
    return !isLocalSound;
  }

  async #confirmedDamage(
    { client }: NamedClient,
    depth: DamageDepth,
    options: CallOptions,
  ): Promise<ReplicaDamage | undefined> {
    const { clock, runs } = this.#services;
    if ((await findDamage(client, depth, { ...options, runs })) === undefined) return undefined;
    await clock.sleep(confirmMs, options.signal);
    options.signal?.throwIfAborted();
    return findDamage(client, depth, { ...options, runs });
  }

  async #recoverLocal(error: Error, options: CallOptions): Promise<void> {
    const { newest, unreachable } = await readReplicaHeads(this.#replicas, options);
    const [unread] = unreachable;
    if (unread !== undefined) {
      throw new EngineError('state-invalid', `${error.message}; replica ${unread.name} cannot be read`, {
        cause: unread.error,
      });
    }
    const evidence = await LocalEvidence.read(this.#meta, this.#services);
    if (newest !== undefined) {
      const { client, head, name } = newest;
      const doubt = await evidence.doubt(head.txid, { file: head.file, head });
      if (doubt !== undefined) {
        throw new EngineError(
          'diverged',
          `Cannot recover from broken local files: replica ${name} may be another writer's, ${doubt}`,
          {
            cause: error,
            hint: 'restore the database from the replica, or run `litestream reset` and then `replicate -adopt`',
          },
        );
      }
      const table = await readReplicaTable(client, head.txid, this.#services, options);
      await writeRestoreMarker(this.#meta, { txid: head.txid, newestTxid: head.txid, table }, this.#services);
    }
    await this.#removeLocal(error.message, evidence);
  }

  async #removeLocal(because: string, evidence: LocalEvidence): Promise<void> {
    const { logger, durableFiles } = this.#services;
    logger.error('auto-recover removes the local files; the whole database is read to find what its replica lacks', {
      because,
      directory: this.#meta.path,
      ...sumOf(evidence.files),
    });
    await removeLocalLineage(this.#meta, evidence.files, durableFiles);
  }
}

function newestOf(files: readonly LtxFileInfo[]) {
  return files.reduce((newest, { maxTxid }) => (maxTxid > newest ? maxTxid : newest), files[0]!.maxTxid);
}

function sumOf(files: readonly LtxFileInfo[]) {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { files: files.length, bytes, ...(files.length === 0 ? {} : { upTo: formatTxid(newestOf(files)) }) };
}
