import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RestoreTarget } from '../../src/engine/restore/restore-options.ts';
import type { Txid } from '../../src/format/ltx/txid.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { openReplica } from '../../src/replica/open-replica.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { restoreDatabase as restoreWithMarker } from '../../src/service/restore-database.ts';
import { dumpDigests } from '../golden/dump-digests.ts';
import { type GoldenCase, goldenCases } from '../golden/golden-case.ts';
import { DumpReader } from '../support/dump-reader.ts';
import { keepAll } from '../support/keep-all.ts';
import { restoreDatabase } from '../support/restored-database.ts';
import { Sidecar } from '../support/sidecar.ts';
import { Writer } from '../support/writer.ts';

/** A state that our own sidecar added to a recorded replica. */
interface NewPoint {
  readonly txid: Txid;
  readonly timestampMs: number;
  readonly digest: string;
}

const services = {
  kernels: loadKernels(),
  durableFiles: new DurableFiles(),
  clock: systemClock,
  logger: silentLogger,
};
const cases = goldenCases();
const reader = new DumpReader();
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'moving-in-'));
});
after(async () => {
  await reader[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of a recorded replica, and a place for the database. */
class Move {
  readonly recorded: GoldenCase;
  readonly databasePath: string;
  readonly replicaPath: string;
  readonly newestTxid: Txid;

  constructor(recorded: GoldenCase, name: string) {
    this.recorded = recorded;
    this.databasePath = join(folder, `${recorded.name}-${name}.db`);
    this.replicaPath = `${this.databasePath}-replica`;
    this.newestTxid = recorded.points.at(-1)!.txid;
    cpSync(recorded.folder, this.replicaPath, { recursive: true });
  }

  /** As the command line restores: what is left beside the database says which state it has. */
  async restoreWithMarker(target: RestoreTarget = { kind: 'newest' }): Promise<void> {
    const client = openReplica(this.replicaPath, services);
    const replicas = [{ name: 'recorded', client }];
    const result = await restoreWithMarker({ replicas, target, outputPath: this.databasePath }, services);
    assert.equal(result.outcome, 'restored');
  }

  /** Starts to replicate, changes the database in different ways, and stops. */
  async replicate({ isChanged }: { isChanged: boolean }): Promise<NewPoint[]> {
    const points: NewPoint[] = [];
    await using writer = new Writer(this.databasePath);
    const databases = [{ path: this.databasePath, replicas: [this.replicaPath] }];
    await using sidecar = await Sidecar.start({ databases, settings: { ...keepAll, syncIntervalMs: 20 } });
    const first = await sidecar.sync();
    assert.equal(first, isChanged ? this.newestTxid + 1n : this.newestTxid);
    for (const statements of changes) {
      await writer.run(...statements);
      const [txid, digest] = [await sidecar.sync(), await writer.digest()];
      points.push({ txid, digest, timestampMs: (await sidecar.status()).timestampMs! });
    }
    const { state } = (await sidecar.status()).replicas[0]!;
    assert.equal(state, 'current');
    assert.equal((await sidecar.stop()).code, 0);
    assert.deepEqual(
      sidecar.logs.filter((line) => /^(warn|error)/.test(line)),
      [],
    );
    return points;
  }

  /** Every recorded point, by TXID or by time in turn, and every new one by both. */
  async checkAll(newPoints: readonly NewPoint[]): Promise<void> {
    const { points, name } = this.recorded;
    const restored: string[] = [];
    for (const [i, { txid, timestampMs }] of points.entries()) {
      // What follows the last one is of today, which on a machine with a slow clock is before the recording.
      const byTxid = i % 2 === 0 || i === points.length - 1;
      restored.push(await this.#restore(byTxid ? { kind: 'txid', txid } : { kind: 'moment', timestampMs }));
    }
    const expected = points.map(({ dumpSha256 }) => dumpSha256);
    assert.deepEqual(dumpDigests(restored), expected, name);
    for (const { txid, timestampMs, digest } of newPoints) {
      const paths = [await this.#restore({ kind: 'txid', txid }), await this.#restore({ kind: 'moment', timestampMs })];
      assert.deepEqual(await reader.digests(...paths), [digest, digest], `${name} ${txid}`);
    }
  }

  async #restore(target: RestoreTarget): Promise<string> {
    const path = join(folder, `restored-${Math.random().toString(36).slice(2)}.db`);
    await restoreDatabase(this.replicaPath, path, target);
    return path;
  }
}

/** The first is one transaction: it must be one TXID, whenever a file is written. */
const changes = [
  ['begin', 'create table moved_in (id integer primary key, x)', "insert into moved_in (x) values ('first')", 'commit'],
  [`insert into moved_in (x) select hex(randomblob(5000)) from sqlite_schema, (values (1), (2), (3))`],
  ['delete from moved_in where id > 1', 'vacuum'],
  ["insert into moved_in (x) values ('last')"],
];

test('replicate goes on after the recorded TXIDs of a restored database, and every old and new point restores', async () => {
  for (const recorded of cases) {
    const move = new Move(recorded, 'newest');
    await move.restoreWithMarker();
    const points = await move.replicate({ isChanged: false });
    assert.equal(points[0]!.txid, move.newestTxid + 1n);
    await move.checkAll(points);
  }
});

test('replicate goes on after the newest TXID when an older moment was restored, with what differs', async () => {
  const move = new Move(cases.find(({ name }) => name === 'vacuum')!, 'older');
  await move.restoreWithMarker({ kind: 'txid', txid: move.recorded.points[4]!.txid });
  await move.checkAll(await move.replicate({ isChanged: true }));
});

test('replicate goes on with a database that equals its replica, without any local state', async () => {
  const move = new Move(cases.find(({ name }) => name === 'basic')!, 'equal');
  await restoreDatabase(move.replicaPath, move.databasePath);
  await move.checkAll(await move.replicate({ isChanged: false }));
});
