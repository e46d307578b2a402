import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { alignedBytes, blockBytes, fillBlocks } from '../../src/runtime/aligned-bytes.ts';
import { DirectWrites } from '../../src/runtime/direct-writes.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { type FileCalls, promptCalls } from '../../src/runtime/file-calls.ts';
import { Random } from '../support/random.ts';

function temporaryPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'direct-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'file');
}

function filled(sizeBytes: number): Uint8Array {
  const bytes = alignedBytes(sizeBytes);
  bytes.set(randomBytes(sizeBytes));
  return bytes;
}

/** As the system's, but for what single writes of a direct descriptor do. */
function callsWith(writeSome: FileCalls['writeSome']): FileCalls {
  return { ...promptCalls, writeSome };
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test('fillBlocks is true only for whole blocks in memory that is known to be aligned', () => {
  const bytes = alignedBytes(4 * blockBytes);
  assert.equal(fillBlocks(bytes, 0), true);
  assert.equal(fillBlocks(bytes.subarray(blockBytes, 3 * blockBytes), 7 * blockBytes), true);
  assert.equal(fillBlocks(bytes, 512), false);
  assert.equal(fillBlocks(bytes.subarray(1), 0), false);
  assert.equal(fillBlocks(bytes.subarray(0, 100), 0), false);
  assert.equal(fillBlocks(bytes.subarray(0, 0), 0), false);
  assert.equal(fillBlocks(new Uint8Array(blockBytes), 0), false);
});

test('PendingFile with direct writes has the bytes of all writes, aligned or not, and the size it was cut to', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  t.diagnostic(`seed ${seed}`);
  const random = new Random(seed);
  const path = temporaryPath(t);
  const expected = Buffer.alloc(64 * blockBytes);
  const file = await new DurableFiles().begin('restored-database', path, { isDirect: true });
  for (let at = 0; at < expected.length; ) {
    const isWhole = random.chance(0.6) && at % blockBytes === 0;
    const wanted = isWhole ? blockBytes * random.int(1, 8) : random.int(1, 3 * blockBytes);
    const bytes = filled(wanted).subarray(0, Math.min(wanted, expected.length - at));
    await file.writeAt(bytes, at);
    expected.set(bytes, at);
    // Writes that follow an odd end come to a block's beginning again now and then.
    at += bytes.length;
    if (at % blockBytes !== 0 && random.chance(0.7)) at = Math.ceil(at / blockBytes) * blockBytes;
  }
  await file.truncate(expected.length - 100);
  await file.replace();
  assert.equal(Buffer.compare(readFileSync(path), expected.subarray(0, -100)), 0, `seed ${seed}`);
});

test('DirectWrites go past the page cache where the file system has such writes', async (t) => {
  const path = temporaryPath(t);
  writeFileSync(path, '');
  const flags: unknown[] = [];
  const open: FileCalls['open'] = (name, flag, mode) => {
    flags.push(flag);
    return promptCalls.open(name, flag, mode);
  };
  const direct = new DirectWrites(path, { ...promptCalls, open });
  const bytes = filled(8 * blockBytes);
  const counts = await Promise.all([direct.write(bytes, 0), direct.write(bytes, bytes.length)]);
  await direct.close();
  assert.equal(flags.length, 1);
  const isTaken = counts[0] > 0; // by any disk; not by every file system in memory
  assert.deepEqual(counts, isTaken ? [bytes.length, bytes.length] : [0, 0]);
  assert.equal(Buffer.compare(readFileSync(path), isTaken ? Buffer.concat([bytes, bytes]) : Buffer.alloc(0)), 0);
  assert.equal(await direct.write(bytes, 0), 0);
});

test('DirectWrites leave everything to the page cache once a file system refuses them', async (t) => {
  const path = temporaryPath(t);
  writeFileSync(path, '');
  const bytes = filled(blockBytes);
  let tries = 0;
  const refusing = callsWith(async () => {
    tries++;
    throw systemError('EINVAL');
  });
  const file = new DirectWrites(path, refusing);
  assert.equal(await file.write(bytes, 0), 0);
  assert.equal(await file.write(bytes, 0), 0);
  assert.equal(tries, 1);
  await file.close();
  const notOpened = new DirectWrites(path, {
    ...promptCalls,
    open: () => {
      throw systemError('EINVAL');
    },
  });
  assert.equal(await notOpened.write(bytes, 0), 0);
  await notOpened.close();
});

test('DirectWrites tell of a full disk, and of what a short write has left', async (t) => {
  const path = temporaryPath(t);
  writeFileSync(path, '');
  const bytes = filled(2 * blockBytes);
  const full = new DirectWrites(
    path,
    callsWith(async () => {
      throw systemError('ENOSPC');
    }),
  );
  await assert.rejects(full.write(bytes, 0), { code: 'ENOSPC' });
  await full.close();
  const short = callsWith(async () => blockBytes);
  const file = await new DurableFiles().begin('restored-database', path, { isDirect: true, calls: short });
  await file.writeAt(new Uint8Array(100_000), 0); // more than is collected in memory
  await file.writeAt(bytes, 25 * blockBytes);
  await file.replace();
  const written = readFileSync(path);
  assert.equal(Buffer.compare(written.subarray(26 * blockBytes), bytes.subarray(blockBytes)), 0);
});

test('DirectWrites close what they opened', async (t) => {
  const path = temporaryPath(t);
  writeFileSync(path, '');
  const descriptors: number[] = [];
  const open: FileCalls['open'] = async (name, flag, mode) => {
    const descriptor = await promptCalls.open(name, flag, mode);
    descriptors.push(descriptor);
    return descriptor;
  };
  const direct = new DirectWrites(path, { ...promptCalls, open });
  await direct.write(filled(blockBytes), 0);
  await direct.close();
  const next = openSync(path, 'r');
  closeSync(next);
  assert.deepEqual(descriptors, [next]);
});
