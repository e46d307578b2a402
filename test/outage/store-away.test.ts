import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultMetaPath, MetaDirectory } from '../../src/engine/meta/meta-directory.ts';
import { cleanUp } from '../engine/clean-up.ts';
import { ClosedLoopWriter } from '../engine/closed-loop-writer.ts';
import { upToRow } from '../engine/scene.ts';
import { until } from '../engine/until.ts';
import { LeaseHost } from '../lease/lease-host.ts';
import { S3Server } from '../support/s3-server.ts';

const awayMs = 9_000;
const leastCommits = 1_000;
const checkpointPages = 100;
const pageBytes = 4_096;
const appendRow = 'insert into t (x) values (randomblob(3000))';

/** The real command beside an application that writes all the time, and a store that goes away. */
class Outage {
  readonly host: LeaseHost;
  readonly server: S3Server;
  readonly #meta: MetaDirectory;

  static async begin(test: TestContext, leased: boolean): Promise<Outage> {
    const server = await S3Server.start();
    cleanUp(test, () => server[Symbol.asyncDispose]());
    const outage = new Outage(test, server, leased);
    await outage.host.run(appendRow);
    outage.host.start();
    await outage.host.shipped(1);
    return outage;
  }

  private constructor(test: TestContext, server: S3Server, leased: boolean) {
    this.server = server;
    const more = ['l0-retention: 24h'];
    const replicas = [server.url('app')];
    const leases = leased ? 'required' : 'off';
    const database = [`min-checkpoint-page-count: ${checkpointPages}`];
    this.host = new LeaseHost(test, { owner: 'host-a', server, leases, replicas, more, database });
    this.#meta = new MetaDirectory(defaultMetaPath(this.host.path));
  }

  /** An application that appends row after row; it cannot hide a loss. */
  writer(): ClosedLoopWriter {
    return new ClosedLoopWriter(this.host.path, { commit: [appendRow], pauseMs: 2 });
  }

  /** The TXIDs of level 0 in the bucket, ascending. */
  shippedTxids(): number[] {
    return txidsIn(join(this.server.bucketFolder, 'app', '0000'));
  }

  localTxids(): number[] {
    return txidsIn(this.#meta.syncLevelPath);
  }

  localBytes(): number {
    const folder = this.#meta.syncLevelPath;
    return readdirSync(folder).reduce((sum, name) => sum + (sizeOf(join(folder, name)) ?? 0), 0);
  }

  get walBytes(): number {
    return sizeOf(`${this.host.path}-wal`) ?? 0;
  }

  get databaseBytes(): number {
    return statSync(this.host.path).size;
  }

  /** Resolves when nothing that was committed is missing in the bucket. */
  async caughtUp(): Promise<void> {
    const rows = await this.host.rows();
    await until(
      `the backlog is in the bucket: ${this.host.logs.slice(-20).join('\n')}`,
      async () => (await this.host.restored().catch((): unknown[] => [])).length === rows.length,
      { timeoutMs: 120_000, everyMs: 250 },
    );
  }
}

function txidsIn(folder: string): number[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.ltx'));
  return names.map((name) => Number.parseInt(name.slice(0, 16), 16)).sort((a, b) => a - b);
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

describe('a store that is away while an application writes', { concurrency: 2 }, () => {
  for (const leased of [false, true]) {
    const title = leased ? ', longer than its lease lasts' : '';
    it(`costs nothing that was committed, little disk, and a few uploads afterwards${title}`, async (t) => {
      const outage = await Outage.begin(t, leased);
      const { host, server } = outage;
      await using writer = outage.writer();
      await until('some files are shipped', () => outage.shippedTxids().length >= 5, { timeoutMs: 30_000 });
      await server.stop();
      const shipped = outage.shippedTxids();
      await host.logged(/replica does not accept files/);
      if (leased) await host.logged(/lease not renewed in time/);
      const commitsBefore = (await writer.state()).commits;
      const pending = outage.localTxids();
      let mostWalBytes = 0;
      const isLongEnough = async () => (await writer.state()).commits - commitsBefore >= leastCommits;
      for (const endMs = performance.now() + awayMs; performance.now() < endMs || !(await isLongEnough()); ) {
        mostWalBytes = Math.max(mostWalBytes, outage.walBytes);
        await delay(50);
      }
      const { commits } = await writer.stop();
      t.diagnostic(
        `${commits - commitsBefore} commits, ${mostWalBytes} bytes of WAL, ${outage.localBytes()} of local files`,
      );
      const writtenBytes = 2 * (commits - commitsBefore) * pageBytes; // two frames a commit, or more
      assert.ok(mostWalBytes < writtenBytes / 2, `a WAL of ${mostWalBytes} bytes: it did not restart`);
      const backlog = outage.localTxids();
      const added = backlog.length - pending.length;
      assert.ok(added <= 1, `${added} files more while the store was away: ${host.logs.slice(-5).join('\n')}`);
      assert.ok(outage.localBytes() <= 2 * outage.databaseBytes, `${outage.localBytes()} bytes beside the database`);
      assert.deepEqual(outage.shippedTxids(), shipped, 'nothing arrives at a store that is away');

      await server.run();
      await outage.caughtUp();
      const all = outage.shippedTxids();
      assert.deepEqual(all, upToRow(all.length), 'one file a TXID, none left out');
      assert.ok(
        all.at(-1)! <= backlog.at(-1)! + 2,
        `${all.at(-1)} TXIDs, of which ${backlog.at(-1)} were there before`,
      );
      assert.deepEqual(await host.restored(), await host.rows());
      const some = [shipped[0]!, shipped[Math.floor(shipped.length / 2)]!, shipped.at(-1)!, backlog.at(-1)!];
      let rowsBefore = 0;
      for (const txid of new Set(some)) {
        const rows = await host.restored('app.db', { txid: txid.toString(16) });
        assert.deepEqual(rows, upToRow(rows.length), `TXID ${txid}`);
        assert.ok(rows.length >= rowsBefore, `TXID ${txid}`);
        rowsBefore = rows.length;
      }
      if (leased) await host.logged(/lease renewed, sending goes on/);
      t.diagnostic(`TXIDs: ${shipped.length} before, ${backlog.at(-1)} at the return, ${all.length} after`);
      assert.equal(await host.end('SIGTERM'), 0);
    });
  }
});
