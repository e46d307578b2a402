import assert from 'node:assert/strict';
import type { FileFacts } from '../../../src/engine/levels/level-files.ts';
import type { LevelSettings } from '../../../src/engine/levels/level-settings.ts';
import { planCompaction } from '../../../src/engine/levels/plan-compaction.ts';
import { planRetention, type RetentionPlan } from '../../../src/engine/levels/plan-retention.ts';
import { isSnapshotDue } from '../../../src/engine/levels/plan-snapshot.ts';
import { ReplicaCatalog } from '../../../src/engine/levels/replica-catalog.ts';
import { findMoment } from '../../../src/engine/restore/moment.ts';
import { planRestore } from '../../../src/engine/restore/plan.ts';
import { ReachableStates } from '../../../src/engine/restore/reachable-states.ts';
import type { Level } from '../../../src/format/ltx/level.ts';
import { type Txid, toTxid } from '../../../src/format/ltx/txid.ts';
import { ltxPath } from '../../../src/replica/directory-layout.ts';
import type { LtxFileInfo } from '../../../src/replica/replica-client.ts';
import type { Random } from '../../support/random.ts';

interface StoredFile {
  readonly file: LtxFileInfo;
  readonly facts: FileFacts;
}

/** A replica of names and times alone, what a process does to it, and what must be restorable from it. */
export class LevelHistory {
  readonly settings: LevelSettings;
  readonly #random: Random;
  readonly #store = new Map<string, StoredFile>();
  /** The time of each TXID, from 1 on. */
  readonly #times: number[] = [];
  /** The first TXID of each epoch, and the last one of the epoch before. */
  readonly #epochEnds: number[] = [];
  #nowMs = 1_000_000;
  #latestMs = 0;
  #epoch = 0;
  #catalog = this.#emptyCatalog();
  headerReads = 0;

  constructor(settings: LevelSettings, random: Random) {
    this.settings = settings;
    this.#random = random;
  }

  get newest(): Txid {
    return toTxid(this.#times.length);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    this.#latestMs = Math.max(this.#latestMs, this.#nowMs);
  }

  sync(): void {
    const timestampMs = Math.max(this.#nowMs, (this.#times.at(-1) ?? 0) + 1);
    this.#times.push(timestampMs);
    const file = {
      level: 0,
      minTxid: this.newest,
      maxTxid: this.newest,
      sizeBytes: this.#random.int(200, 900),
    } as const;
    this.#put(file, { timestampMs, epoch: this.#epoch });
  }

  beginEpoch(): void {
    this.#epoch++;
    if (this.#times.length > 0) this.#epochEnds.push(this.#times.length);
    this.sync();
    this.#epochEnds.push(this.#times.length);
  }

  /** The process ends and another one begins: all that is known is what lies there. */
  restart(): void {
    this.#catalog = this.#emptyCatalog();
    for (const { file } of this.#random.shuffled([...this.#store.values()])) this.#catalog.add(file);
  }

  /** False when it was stopped after a file was written. */
  async compact(chanceOfCrash: number): Promise<boolean> {
    for (const [i, intervalMs] of this.settings.intervalsMs.entries()) {
      const query = { level: i + 1, intervalMs, upTo: this.newest, nowMs: this.#nowMs };
      for (let files = await planCompaction(this.#catalog, query); files.length > 0; ) {
        const crashed = this.#random.chance(chanceOfCrash);
        this.#write(query.level as Level, files, crashed);
        if (crashed) return false;
        files = await planCompaction(this.#catalog, query);
      }
    }
    return true;
  }

  async snapshot({ force }: { force: boolean }): Promise<void> {
    const due = { intervalMs: this.settings.snapshotIntervalMs, upTo: this.newest, nowMs: this.#nowMs };
    if (this.newest === 0n || !(force || (await isSnapshotDue(this.#catalog, due)))) return;
    this.#write(9, planRestore(ReachableStates.of(this.#catalog.filesUpTo(this.newest)), this.newest).files, false);
  }

  /** Deletes what the plan says; a crash leaves any part of what is deleted in one call. */
  async retain(chanceOfCrash: number): Promise<boolean> {
    const plan = await this.planRetention();
    this.#latestMs = Math.max(this.#latestMs, this.#nowMs);
    for (const level of new Set(plan.files.map((file) => file.level))) {
      const gone = plan.files.filter((file) => file.level === level);
      const crashed = this.#random.chance(chanceOfCrash);
      for (const file of gone) if (!crashed || this.#random.chance(0.5)) this.#store.delete(ltxPath(file));
      if (crashed) return false;
      this.#catalog.remove(gone);
    }
    return true;
  }

  planRetention(): Promise<RetentionPlan> {
    return planRetention(this.#catalog, this.settings, {
      upTo: this.newest,
      nowMs: this.#nowMs,
      mayUse: async () => true,
    });
  }

  files(level?: number): LtxFileInfo[] {
    return [...this.#store.values()]
      .map(({ file }) => file)
      .filter((file) => level === undefined || file.level === level);
  }

  /** Fails unless everything that was promised can be restored by what lies there. */
  async requirePromise(): Promise<void> {
    if (this.newest === 0n) return;
    const { snapshotRetentionMs, syncRetentionMs, intervalsMs } = this.settings;
    const states = ReachableStates.of(this.files());
    const sinceMs = this.#latestMs - (syncRetentionMs === 0 ? snapshotRetentionMs : syncRetentionMs);
    for (const [i, timeMs] of this.#times.entries()) {
      if (timeMs > sinceMs || i === this.#times.length - 1) assert.ok(states.has(toTxid(i + 1)), `TXID ${i + 1}`);
    }
    const oldestMs = Math.max(this.#latestMs - snapshotRetentionMs, this.#times[0]!);
    const newestMs = this.#times.at(-1)!;
    const moments = [oldestMs, newestMs, ...Array.from({ length: 5 }, () => this.#random.int(oldestMs, newestMs))];
    for (const momentMs of moments.filter((ms) => ms >= oldestMs && ms <= newestMs)) {
      const least = this.#times.filter((timeMs) => timeMs <= momentMs - (intervalsMs[0] ?? 0)).length;
      if (least === 0) continue;
      const query = { momentMs, nowMs: this.#latestMs };
      const found = await findMoment(states, query, async (file) => this.#store.get(ltxPath(file))!.facts.timestampMs);
      assert.ok(found.txid >= least && found.timestampMs <= momentMs, `${momentMs}: ${found.txid} instead of ${least}`);
      planRestore(states, found.txid, { exact: true });
    }
    this.#requireEpochFiles();
  }

  #requireEpochFiles(): void {
    const windowMs = Math.max(this.settings.snapshotRetentionMs, this.settings.syncRetentionMs);
    const passed = [...this.#store.values()]
      .filter(({ file, facts }) => file.level === 9 && facts.timestampMs <= this.#latestMs - windowMs)
      .reduce((most, { file }) => Math.max(most, Number(file.maxTxid)), 0);
    const kept = new Set(this.files(0).map(({ maxTxid }) => Number(maxTxid)));
    for (const txid of this.#epochEnds)
      if (txid > passed) assert.ok(kept.has(txid), `TXID ${txid}, where an epoch begins or ends`);
  }

  #write(level: Level, inputs: readonly LtxFileInfo[], crashed: boolean): void {
    for (const [i, { minTxid }] of inputs.entries()) {
      if (i > 0) assert.ok(minTxid <= inputs[i - 1]!.maxTxid + 1n, 'the inputs have no gap');
    }
    const { minTxid } = inputs[0]!;
    const last = inputs.at(-1)!;
    const file = { level, minTxid, maxTxid: last.maxTxid, sizeBytes: this.#random.int(300, 2_000) };
    const { facts } = this.#store.get(ltxPath(last))!;
    if (crashed) this.#store.set(ltxPath(file), { file, facts });
    else this.#put(file, facts);
  }

  #put(file: LtxFileInfo, facts: FileFacts): void {
    this.#store.set(ltxPath(file), { file, facts });
    this.#catalog.add(file, facts);
  }

  #emptyCatalog(): ReplicaCatalog {
    return new ReplicaCatalog(async (file) => {
      this.headerReads++;
      return this.#store.get(ltxPath(file))!.facts;
    });
  }
}
