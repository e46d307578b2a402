import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatTxid, type RestoreProgress, restore } from '../../src/index.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { dumpDigests } from '../golden/dump-digests.ts';
import { goldenCases } from '../golden/golden-case.ts';

const { folder: replica, points } = goldenCases().find(({ name }) => name === 'basic')!;
const point = points[Math.floor(points.length / 2)]!;

describe('restore', () => {
  it('gives restored, already-there or no-backup for what is to be expected', async (t) => {
    const folder = temporaryFolder(t);
    const output = join(folder, 'data', 'app.db');
    const none = { replicas: join(folder, 'nothing'), output };
    assert.deepEqual(await restore(none), { outcome: 'no-backup' });
    assert(!existsSync(output));
    const restored = await restore({ replicas: replica, output, integrityCheck: 'full' });
    assert(restored.outcome === 'restored');
    const { path, txid, replica: name, verification, notices } = restored;
    assert.deepEqual(
      { path, txid, name, verification, notices },
      { path: output, txid: points.at(-1)!.txid, name: 'file', verification: 'file-checksums', notices: [] },
    );
    assert(restored.bytesRead > 0 && restored.sizeBytes > 0 && restored.durationMs > 0);
    assert.deepEqual(await restore(none), { outcome: 'already-there', path: output });
    assert.deepEqual(dumpDigests([output]), [points.at(-1)!.dumpSha256]);
  });

  it('takes a TXID, its digits, a Date, milliseconds or a text as target', async (t) => {
    const folder = temporaryFolder(t);
    const date = new Date(point.timestampMs);
    const targets = [
      { txid: point.txid },
      { txid: formatTxid(point.txid) },
      { timestamp: date },
      { timestamp: point.timestampMs },
      { timestamp: date.toISOString() },
    ];
    const outputs = targets.map((_, index) => join(folder, `${index}.db`));
    for (const [index, target] of targets.entries()) {
      const result = await restore({ replicas: [replica], output: outputs[index]!, target });
      assert(result.outcome === 'restored');
      assert.equal(result.txid, point.txid);
    }
    assert.deepEqual(new Set(dumpDigests(outputs)), new Set([point.dumpSha256]));
  });

  it('reads the replica with the newest state, and says which one it left out', async (t) => {
    const folder = temporaryFolder(t);
    const broken = join(folder, 'broken');
    mkdirSync(join(broken, 'ltx'), { recursive: true });
    writeFileSync(join(broken, 'ltx', '0'), 'not a directory');
    const replicas = [broken, { url: `file://${replica}`, name: 'second' }];
    const result = await restore({ replicas, output: join(folder, 'app.db') });
    assert(result.outcome === 'restored');
    assert.equal(result.replica, 'second');
    assert.deepEqual(
      result.notices.map(({ code }) => code),
      ['replica-unreachable'],
    );
    await assert.rejects(restore({ replicas: broken, output: join(folder, 'other.db') }), {
      name: 'RestoreError',
      code: 'unreachable',
    });
  });

  it('throws a typed error for everything else', async (t) => {
    const folder = temporaryFolder(t);
    const output = join(folder, 'app.db');
    writeFileSync(output, 'kept');
    const all: [Partial<Parameters<typeof restore>[0]>, object][] = [
      [{ whenOutputExists: 'fail' }, { name: 'RestoreError', code: 'output-exists', hint: /whenOutputExists/ }],
      [{ replicas: 'gs://bucket/app' }, { name: 'ReplicaError', code: 'unsupported' }],
      [{ replicas: [] }, { name: 'ServiceError', code: 'invalid-option' }],
      [{ replicas: [replica, { url: replica, name: 'file' }] }, { name: 'ServiceError', code: 'invalid-option' }],
      [{ target: { txid: 'xyz' } }, { name: 'ServiceError', code: 'invalid-option' }],
      [{ target: { timestamp: 'at noon' } }, { name: 'ServiceError', code: 'invalid-option' }],
      [{ target: { timestamp: new Date(Number.NaN) } }, { name: 'ServiceError', code: 'invalid-option' }],
      [
        { target: { timestamp: 1 }, whenOutputExists: 'replace' },
        { name: 'RestoreError', code: 'before-first' },
      ],
      [
        { target: { txid: 'ffff' }, whenOutputExists: 'replace' },
        { name: 'RestoreError', code: 'after-newest' },
      ],
    ];
    for (const [options, expected] of all) {
      await assert.rejects(restore({ replicas: replica, output, ...options }), expected, JSON.stringify(expected));
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('replaces a database with its side files when it is told to', async (t) => {
    const output = join(temporaryFolder(t), 'app.db');
    for (const suffix of ['', '-wal', '-shm']) writeFileSync(output + suffix, 'old');
    chmodSync(output, 0o640);
    const result = await restore({ replicas: replica, output, whenOutputExists: 'replace' });
    assert.equal(result.outcome, 'restored');
    assert(!existsSync(`${output}-wal`) && !existsSync(`${output}-shm`));
    assert.deepEqual(dumpDigests([output]), [points.at(-1)!.dumpSha256]);
  });

  it('tells its progress up to the last byte', async (t) => {
    const seen: RestoreProgress[] = [];
    const onProgress = (progress: RestoreProgress) => seen.push(progress);
    await restore({ replicas: replica, output: join(temporaryFolder(t), 'app.db'), onProgress });
    assert(seen.length > 1);
    assert(seen.every(({ doneBytes }, index) => index === 0 || doneBytes >= seen[index - 1]!.doneBytes));
    const { doneBytes, totalBytes } = seen.at(-1)!;
    assert.equal(doneBytes, totalBytes);
  });

  it('rejects with the reason of its signal at any moment, and leaves nothing', async (t) => {
    const folder = temporaryFolder(t);
    const steps: number[] = [];
    const count = () => steps.push(steps.length);
    await restore({ replicas: replica, output: join(temporaryFolder(t), 'app.db'), onProgress: count });
    // The last report comes when the database is there.
    for (const step of [-1, ...steps.slice(0, -1)]) {
      const controller = new AbortController();
      const reason = new Error(`step ${step}`);
      let at = 0;
      if (step === -1) controller.abort(reason);
      const onProgress = () => {
        if (at++ === step) controller.abort(reason);
      };
      const { signal } = controller;
      await assert.rejects(restore({ replicas: replica, output: join(folder, 'app.db'), onProgress, signal }), reason);
      assert.deepEqual(readdirSync(folder), []);
    }
  });

  it('removes what a killed restore to the same path left behind', (t) => {
    const folder = temporaryFolder(t);
    const output = join(folder, 'app.db');
    const script = (onProgress: string) => `
      import { restore } from ${JSON.stringify(import.meta.resolve('../../src/index.js'))};
      const [replicas, output] = ${JSON.stringify([replica, output])};
      const { outcome } = await restore({ replicas, output, onProgress: ${onProgress} });
      process.exitCode = outcome === 'restored' ? 0 : 1;`;
    const run = (source: string) => spawnSync(process.execPath, ['--input-type=module', '-e', source]);
    assert.equal(run(script("() => process.kill(process.pid, 'SIGKILL')")).signal, 'SIGKILL');
    const [leftover, ...others] = readdirSync(folder);
    assert(leftover !== undefined && /^app\.db\.[0-9a-f]{16}\.tmp$/.test(leftover) && others.length === 0);
    const { status, stdout, stderr } = run(script('undefined'));
    assert.deepEqual([status, `${stdout}${stderr}`], [0, '']);
    assert.deepEqual(readdirSync(folder).sort(), ['.app.db-litestream', 'app.db']);
  });
});
