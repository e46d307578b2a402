import type { TestContext } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { processServices } from '../../../src/service/compose.ts';
import { Shard } from '../../../src/service/shard/shard.ts';
import { type ShardServices, shardServices } from '../../../src/service/shard/shard-services.ts';
import { openLeases } from '../../../src/service/store/open-store.ts';
import { defaultShutdown } from '../../../src/service/store/store-options.ts';
import { cleanUp } from '../../engine/clean-up.ts';
import { recordingLogger } from '../recording-logger.ts';

/** A host of its own as far as leases are concerned, in this process; nothing is compacted by time. */
export class LeaseShard {
  readonly shard: Shard;
  /** Of its databases: they stand under leases that are not over by themselves. */
  readonly settings: typeof defaultSettings;
  readonly #log = recordingLogger();

  constructor(test: TestContext, owner: string, changes: Partial<ShardServices> = {}) {
    const { logger } = this.#log;
    const careMode = 'on-demand' as const;
    const shutdown = defaultShutdown;
    const settings = {
      logLevel: 'info' as const,
      adopt: false,
      storeCallsPerSecond: 0,
      careMode,
      parkAfterMs: 0,
      databasesAtOnce: 16,
      shutdown,
    };
    const traffic = new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock });
    const services = shardServices(settings, processServices({ logger }), openLeases(logger, traffic));
    this.settings = { ...defaultSettings, lease: { mode: 'on', ttlMs: 600_000, owner } };
    this.shard = new Shard(settings, { ...services, ...changes });
    cleanUp(test, () => this.shard.stop());
  }

  get errors() {
    return this.#log.lines.filter(({ level }) => level === 'error');
  }
}
