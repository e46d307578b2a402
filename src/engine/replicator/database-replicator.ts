import { noTxid, type Txid } from '../../format/ltx/txid.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Wakeup } from '../../runtime/wakeup.ts';
import { inspectDatabase, switchToWal } from '../../sqlite/inspect-database.ts';
import { LiveError } from '../../sqlite/live-error.ts';
import type { DatabaseSettings } from '../database-settings.ts';
import { EngineError } from '../engine-error.ts';
import { type AttachServices, attach } from '../follow/attach.ts';
import type { Attachment } from '../follow/attachment.ts';
import { FollowLoop } from '../follow/follow-loop.ts';
import type { LineageHead } from '../lineage-head.ts';
import { LocalFiles } from '../meta/local-files.ts';
import { MetaDirectory } from '../meta/meta-directory.ts';
import type { DatabaseState, DatabaseStatus } from './database-status.ts';
import { type NamedClient, readReplicaHeads } from './replica-heads.ts';
import { Shipping } from './shipping.ts';
import { keepLocalFilesBounded } from './local-housekeeping.ts';

/** While no replica accepts files, writing the one growing file takes at most this share of the time. */
const foldShare = 20;

export interface ReplicatorOptions {
  readonly settings: DatabaseSettings;
  readonly replicas: readonly NamedClient[];
  /** Whether file-system events reach `notify`; otherwise the database is looked at every monitor interval. */
  readonly watched: boolean;
  readonly shutdown: { readonly timeoutMs: number; readonly retryMs: number };
  /** Told when the database becomes busy, and is polled, or quiet, and wants events. */
  readonly onBusy?: ((busy: boolean) => void) | undefined;
}

/**
 * Replicates one database for as long as it runs: waits for it to appear, attaches, follows, ships, and starts over from
 * evidence whenever its position is lost.
 */
export class DatabaseReplicator {
  readonly settings: DatabaseSettings;
  readonly #options: ReplicatorOptions;
  readonly #services: AttachServices;
  readonly #logger: Logger;
  readonly #wakeup: Wakeup;
  readonly #meta: MetaDirectory;
  #state: DatabaseState = 'waiting';
  #error: Error | undefined;
  #local: LocalFiles | undefined;
  #shipping: Shipping | undefined;
  #attachment: Attachment | undefined;
  #loop: FollowLoop | undefined;
  #busy = false;
  #storedTableTxid: Txid | undefined;
  #reportedTxid: Txid = noTxid;
  #lastFileTookMs = 0;

  constructor(options: ReplicatorOptions, services: AttachServices) {
    this.settings = options.settings;
    this.#options = options;
    this.#logger = services.logger.child({ db: options.settings.path });
    this.#services = { ...services, logger: this.#logger };
    this.#wakeup = new Wakeup(services.clock);
    this.#meta = new MetaDirectory(options.settings.metaPath);
  }

  /** Something happened to one of the database's files. */
  notify(): void {
    this.#wakeup.notify();
  }

  status(): DatabaseStatus {
    const head = this.#attachment?.files.head;
    return {
      path: this.settings.path,
      state: this.#state,
      txid: head?.txid,
      timestampMs: head?.timestampMs,
      idle: this.#state === 'replicating' && !this.#busy,
      readerInTheWay: this.#loop?.readerInTheWay ?? false,
      error: (this.#error ?? this.#loop?.fileError)?.message,
      replicas: (this.#shipping?.shippers ?? []).map((shipper) => ({
        name: shipper.name,
        url: shipper.client.url,
        state: shipper.state,
        txid: shipper.acknowledged,
        timestampMs: shipper.acknowledgedTimeMs,
        error: shipper.error?.message,
      })),
    };
  }
}
