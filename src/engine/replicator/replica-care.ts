import type { Txid } from '../../format/ltx/txid.ts';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { TrustedFiles } from '../compaction/merge-inputs.ts';
import type { LevelSettings } from '../levels/level-settings.ts';
import type { ShippedFile } from '../levels/shipped-file.ts';
import type { MaintainServices } from '../maintain/maintain-services.ts';
import { Maintenance, type MaintenanceRequest } from '../maintain/maintenance.ts';
import type { Fence } from '../maintain/stray-files.ts';
import type { ReplicaShipper } from '../ship/replica-shipper.ts';
import type { CareStatus } from './database-status.ts';

/** Whether replicas are compacted when it is due, or only when it is asked for. */
export type CareMode = 'by-schedule' | 'on-demand';

export interface CareOptions {
  readonly levels: LevelSettings;
  readonly mode: CareMode;
  readonly scratchPath: string;
  /** Level-0 files that need not be read from the replica. */
  readonly trusted: TrustedFiles;
  readonly fence: Fence | undefined;
  /** Nothing of a replica is touched before it has acknowledged this TXID. */
  readonly from: Txid;
  /** A replica could not be compacted. */
  readonly onFailure: (shipper: ReplicaShipper, error: Error) => void;
}

/** The maintenance of all replicas of one database. */
export class ReplicaCare {
  readonly #mode: CareMode;
  readonly #byShipper: ReadonlyMap<ReplicaShipper, Maintenance>;
  readonly #all: readonly Maintenance[];

  constructor(
    shippers: readonly ReplicaShipper[],
    { levels, mode, from, onFailure, ...options }: CareOptions,
    services: MaintainServices & { readonly signal: AbortSignal },
  ) {
    const { signal, logger } = services;
    this.#mode = mode;
    const maintenanceOf = (shipper: ReplicaShipper): Maintenance => {
      const { client, name } = shipper;
      // Of a replica that holds another writer's files nothing is merged and nothing deleted.
      const acknowledged = () => (shipper.state === 'stopped' ? undefined : reached(shipper, from));
      return new Maintenance(
        {
          ...options,
          name,
          settings: levels,
          signal,
          client,
          acknowledged,
          onFailure: (error) => onFailure(shipper, error),
        },
        { ...services, logger: logger.child({ replica: name }) },
      );
    };
    this.#byShipper = new Map(shippers.map((shipper) => [shipper, maintenanceOf(shipper)]));
    this.#all = [...this.#byShipper.values()];
  }

  of(shipper: ReplicaShipper): Maintenance | undefined {
    return this.#byShipper.get(shipper);
  }

  status(shipper: ReplicaShipper): CareStatus {
    const maintenance = this.of(shipper);
    return {
      compactionError: maintenance?.error?.message,
      verifyErrorCount: maintenance?.verifyErrorCount ?? 0,
      verifiedAtMs: maintenance?.verifiedAtMs,
      syncFiles: maintenance?.syncFiles,
    };
  }

  /** Until when, on the wall clock, nothing has to be done without changes; Infinity: for ever; undefined while that is not known. */
  get restUntilMs(): number | undefined {
    if (this.#mode !== 'by-schedule') return Number.POSITIVE_INFINITY;
    const times = this.#all.map(({ restUntilMs }) => restUntilMs);
    return times.includes(undefined) ? undefined : Math.min(...(times as number[]));
  }

  /** Resolves when the signal has aborted and everything has ended. */
  async run(): Promise<void> {
    if (this.#mode === 'by-schedule') await Promise.all(this.#all.map((maintenance) => maintenance.run()));
  }

  shipped(shipper: ReplicaShipper, file: ShippedFile): void {
    this.of(shipper)?.shipped(file);
  }

  notify(): void {
    for (const maintenance of this.#all) maintenance.notify();
  }

  /** Compacts every replica, as far as it is due, and does what is asked for. Rejects when that fails for one of them. */
  async maintain(request: MaintenanceRequest, options: CallOptions): Promise<void> {
    const ends = await Promise.allSettled(this.#all.map((maintenance) => maintenance.maintain(request, options)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

function reached({ acknowledged }: ReplicaShipper, from: Txid): Txid | undefined {
  return acknowledged !== undefined && acknowledged >= from ? acknowledged : undefined;
}
