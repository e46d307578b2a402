import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultLevelSettings, type LevelSettings } from '../../src/engine/levels/level-settings.ts';
import { defaultMetaPath, MetaDirectory } from '../../src/engine/meta/meta-directory.ts';
import { listFiles } from '../../src/engine/restore/list-files.ts';
import { ReachableStates } from '../../src/engine/restore/reachable-states.ts';
import { formatTxid, type Txid, toTxid } from '../../src/format/ltx/txid.ts';
import { openReplica } from '../../src/replica/open-replica.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { bigCommit, commits, schema } from '../support/changes.ts';
import type { DumpReader } from '../support/dump-reader.ts';
import { Random } from '../support/random.ts';
import { restoreDatabase } from '../support/restored-database.ts';
import { shippedTxids } from '../support/shipped-txids.ts';
import { type ProcessEnd, Sidecar } from '../support/sidecar.ts';
import type { Death } from '../support/sidecar-options.ts';
import { Writer } from '../support/writer.ts';

const commitLimit = 100;
const deathTimeoutMs = 10_000;

/** One database with its application, its replica, and the states that were shipped so far. */
export class CrashScene implements AsyncDisposable {
  readonly databasePath: string;
  readonly replica: string;
  readonly meta: MetaDirectory;
  readonly random: Random;
  readonly #directory: string;
  readonly #dumps: DumpReader;
  readonly #shipped = new Map<Txid, string>();
  /** Under a lease of the replica, and set on going on with the local database. */
  isLeased = false;
  /** How the replica is compacted. Default: nothing happens as long as a test lasts. */
  levels: LevelSettings = defaultLevelSettings;
  #writer: Writer | undefined;
  #sidecar: Sidecar | undefined;

  private constructor(directory: string, dumps: DumpReader, seed: number) {
    this.#directory = directory;
    this.#dumps = dumps;
    this.databasePath = join(directory, 'app.db');
    this.replica = join(directory, 'replica');
    this.meta = new MetaDirectory(defaultMetaPath(this.databasePath));
    this.random = new Random(seed);
  }

  static async open(dumps: DumpReader, seed: number): Promise<CrashScene> {
    const scene = new CrashScene(await mkdtemp(join(tmpdir(), 'litestream-crash-')), dumps, seed);
    await scene.writer.run(...schema, ...commits(scene.random));
    return scene;
  }

  /** The application; a new process after a kill. */
  get writer(): Writer {
    this.#writer ??= new Writer(this.databasePath, { setUp: ['PRAGMA page_size = 1024'] });
    return this.#writer;
  }

  get sidecar(): Sidecar {
    assert.ok(this.#sidecar !== undefined, 'no sidecar was started');
    return this.#sidecar;
  }

  /** `nodeArguments` as for Sidecar.start. */
  async start(dieAt?: Death, nodeArguments: readonly string[] = []): Promise<void> {
    const databases = [{ path: this.databasePath, replicas: [this.replica] }];
    const settings = { syncIntervalMs: 1, adopt: this.isLeased, levels: this.levels };
    const lease = this.isLeased ? { ttlMs: 3_000, owner: 'this host' } : undefined;
    this.#sidecar = await Sidecar.start({ databases, settings, dieAt, lease }, nodeArguments);
  }

  /** Another host takes the lease, goes on from what is here now and gives the lease back. Nobody replicates here meanwhile. */
  async goOnElsewhere(): Promise<void> {
    const path = join(this.#directory, 'elsewhere.db');
    for (const suffix of ['', '-wal']) {
      if (existsSync(this.databasePath + suffix)) await copyFile(this.databasePath + suffix, path + suffix);
    }
    await cp(this.meta.path, defaultMetaPath(path), { recursive: true });
    const lease = { ttlMs: 3_000, owner: 'another host' };
    await using sidecar = await Sidecar.start({ databases: [{ path, replicas: [this.replica] }], lease });
    await sidecar.sync();
    assert.equal((await sidecar.stop()).code, 0);
  }

  async commit(): Promise<void> {
    await this.writer.run(...(this.random.chance(0.2) ? bigCommit(this.random) : commits(this.random)));
  }

  /** Ships what was committed and notes what it is; false when the sidecar died over it. */
  async ship(): Promise<boolean> {
    const txid = await Promise.race([this.sidecar.sync(), this.sidecar.ended.then(() => undefined)]).catch(
      () => undefined,
    );
    if (txid === undefined) return false;
    const digest = await this.writer.digest();
    assert.equal(this.#shipped.get(txid) ?? digest, digest, `TXID ${formatTxid(txid)} is another state than before`);
    this.#shipped.set(txid, digest);
    return true;
  }

  /** Commits and ships until the sidecar dies. */
  async shipUntilDeath(): Promise<void> {
    for (let i = 0; i < commitLimit && (await this.ship()); i++) await this.commit();
  }

  /** Commits until something is so, without asking anything of the sidecar: what nobody asked for may be folded. */
  async commitUntil(isSo: () => boolean): Promise<void> {
    for (const endMs = performance.now() + deathTimeoutMs; performance.now() < endMs && !isSo(); await sleep(10)) {
      await this.commit();
    }
  }

  /** From now on the replica accepts nothing. */
  async breakReplica(): Promise<void> {
    await rename(this.replica, `${this.replica}.away`);
    await writeFile(this.replica, 'not a directory');
  }

  async repairReplica(): Promise<void> {
    await rm(this.replica);
    await rename(`${this.replica}.away`, this.replica);
  }

  /** Fails unless the sidecar dies by its own hand: nothing else here sends it SIGKILL. */
  async died(): Promise<void> {
    const end = await Promise.race([this.sidecar.ended, sleep(deathTimeoutMs, undefined, { ref: false })]);
    assert.deepEqual(
      end satisfies ProcessEnd | undefined,
      { code: null, signal: 'SIGKILL' },
      'the step was not reached',
    );
    this.#sidecar = undefined;
  }

  /** The application ends without closing its connection: the WAL stays. */
  async killWriter(): Promise<void> {
    await this.writer.kill();
    this.#writer = undefined;
  }

  /** What the database holds now; looked at in a copy, so that nothing of it changes. */
  async digestOfCopy(): Promise<string> {
    const copy = join(this.#directory, 'copy.db');
    await rm(`${copy}-wal`, { force: true });
    for (const suffix of ['', '-wal']) {
      if (existsSync(this.databasePath + suffix)) await copyFile(this.databasePath + suffix, copy + suffix);
    }
    const [digest] = await this.#dumps.digests(copy);
    return digest!;
  }

  /** Starts again, ships, and compares every state there was with what the replica gives back. */
  async requireEverything(): Promise<void> {
    await this.start();
    assert.ok(await this.ship(), this.sidecar.logs.join('\n'));
    await this.commit();
    assert.ok(await this.ship(), this.sidecar.logs.join('\n'));
    assert.deepEqual(await this.sidecar.stop(), { code: 0, signal: null });
    const output = join(this.#directory, 'restored.db');
    const newest = await restoreDatabase(this.replica, output);
    const [last] = [...this.#shipped.keys()].slice(-1);
    assert.equal(newest.txid, last);
    const every = Array.from({ length: Number(newest.txid) }, (_, i) => toTxid(i + 1));
    assert.deepEqual(shippedTxids(this.replica), every, 'level 0 has one file for each TXID');
    await this.#requireStates([...this.#shipped.keys()]);
    const unfinished = readdirSync(this.meta.syncLevelPath).filter((name) => name.endsWith('.tmp'));
    assert.deepEqual(unfinished, []);
    assert.ok(!existsSync(`${output}-wal`));
  }

  /** Starts again, ships, and compares every state that the files of the replica still lead to. */
  async requireReachable(): Promise<void> {
    await this.start();
    for (let i = 0; i < 6; i++) {
      await this.commit();
      assert.ok(await this.ship(), this.sidecar.logs.join('\n'));
    }
    assert.deepEqual(await this.sidecar.stop(), { code: 0, signal: null });
    assert.deepEqual(
      this.sidecar.logs.filter((line) => line.startsWith('error')),
      [],
    );
    const client = openReplica(this.replica, { durableFiles: new DurableFiles(), logger: silentLogger });
    const files = await listFiles(client, {});
    const states = ReachableStates.of(files);
    const newest = [...this.#shipped.keys()].at(-1)!;
    assert.equal(states.newest, newest);
    const base = files
      .filter(({ minTxid }) => minTxid === 1n)
      .reduce((a, b) => (a.maxTxid < b.maxTxid ? a : b)).maxTxid;
    for (const { level, maxTxid } of files) {
      if (level === 1 && maxTxid >= base) assert.ok(states.has(maxTxid), `the end ${formatTxid(maxTxid)} of level 1`);
    }
    await this.#requireStates([...this.#shipped.keys()].filter((txid) => states.has(txid)));
  }

  async #requireStates(txids: readonly Txid[]): Promise<void> {
    const output = join(this.#directory, 'restored.db');
    for (const txid of txids) {
      await restoreDatabase(this.replica, output, { kind: 'txid', txid });
      assert.deepEqual(await this.#dumps.digests(output), [this.#shipped.get(txid)], `TXID ${formatTxid(txid)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sidecar?.kill();
    await this.#writer?.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
