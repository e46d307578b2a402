import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { defaultLevelSettings, type LevelSettings } from '../../../src/engine/levels/level-settings.ts';
import { LongWork } from '../../../src/engine/long-work.ts';
import { maintainLimits } from '../../../src/engine/maintain/maintain-services.ts';
import { Maintenance } from '../../../src/engine/maintain/maintenance.ts';
import { LocalFiles } from '../../../src/engine/meta/local-files.ts';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { PageRuns } from '../../../src/engine/page-runs.ts';
import { noTxid, type Txid, toTxid } from '../../../src/format/ltx/txid.ts';
import { parseLtxPath } from '../../../src/replica/directory-layout.ts';
import type { MemoryCall, MemoryReplicaClient } from '../../../src/replica/memory/memory-replica-client.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { loggerFrom } from '../../../src/runtime/logger.ts';
import { WorkSlots } from '../../../src/runtime/work-slots.ts';
import { kernels, ModelDatabase, somePage, somePages } from '../restore/model-database.ts';
import { SteppedClock } from './stepped-clock.ts';

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;

class CountedSlots extends WorkSlots {
  running = 0;

  override async run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await super.run(signal, task);
    } finally {
      this.running--;
    }
  }
}

/** A replica in memory that files of a model database are put into, and its maintenance under a clock that is stepped. */
export class MaintainScene {
  readonly model = new ModelDatabase();
  readonly clock = new SteppedClock();
  readonly calls: MemoryCall[] = [];
  readonly lines: string[] = [];
  readonly client: MemoryReplicaClient;
  readonly maintenance: Maintenance;
  fault: ((call: MemoryCall) => Error | undefined) | undefined;
  acknowledged: Txid | undefined;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  private constructor(settings: LevelSettings, local: LocalFiles, scratchPath: string) {
    this.client = this.model.replica({
      fault: (call) => {
        this.calls.push(call);
        return this.fault?.(call);
      },
    });
    const acknowledged = () => this.acknowledged;
    const trusted = { local, from: () => toTxid(1) };
    const { signal } = this.#stop;
    const slots = new CountedSlots(2);
    this.clock.isBusy = () => slots.running > 0;
    this.maintenance = new Maintenance(
      { name: 'replica', client: this.client, settings, scratchPath, trusted, acknowledged, signal },
      {
        limits: { ...maintainLimits(), slots },
        work: new LongWork(),
        durableFiles: new DurableFiles(),
        runs: new PageRuns(kernels),
        clock: this.clock,
        logger: loggerFrom((level, message, { error, ...fields }) => {
          const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
          this.lines.push([level, message, ...words, error instanceof Error ? error.message : ''].join(' ').trimEnd());
        }),
      },
    );
  }

  static async open(test: TestContext, changes: Partial<LevelSettings> = {}): Promise<MaintainScene> {
    const folder = mkdtempSync(join(tmpdir(), 'maintain-'));
    const meta = new MetaDirectory(join(folder, 'meta'));
    const services = { durableFiles: new DurableFiles(), logger: loggerFrom(() => {}) };
    const local = await LocalFiles.open(meta, services);
    const scene = new MaintainScene({ ...defaultLevelSettings, ...changes }, local, meta.scratchPath);
    test.after(async () => {
      await scene.stop();
      rmSync(folder, { recursive: true });
    });
    return scene;
  }

  start(): void {
    this.#running = this.maintenance.run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Commits a page and ships the file, a second of the clock later. */
  async ship(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.clock.advance(secondMs);
      const txid = this.model.txid + 1;
      const pages = txid === 1 ? somePages(20, 0) : new Map([[(txid % 20) + 1, somePage((txid % 20) + 1, txid)]]);
      this.model.commit(pages, 20);
      const timestampMs = this.clock.now();
      const path = this.model.addFile(0, txid, txid, { timestampMs });
      const sizeBytes = this.model.files.get(path)!.length;
      this.maintenance.shipped({ file: { ...parseLtxPath(path)!, sizeBytes }, facts: { timestampMs, epoch: 0 } });
      this.acknowledged = toTxid(txid);
      this.maintenance.notify();
      await this.clock.settle();
    }
  }

  /** TXID ranges of a level, ascending. */
  ranges(level: number): string[] {
    return [...this.model.files.keys()]
      .map((path) => parseLtxPath(path)!)
      .filter((file) => file.level === level)
      .sort((a, b) => Number(a.maxTxid - b.maxTxid) || Number(a.minTxid - b.minTxid))
      .map(({ minTxid, maxTxid }) => `${minTxid}-${maxTxid}`);
  }

  get newest(): Txid {
    return this.acknowledged ?? noTxid;
  }
}
