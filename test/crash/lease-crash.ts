import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { DurableStep } from '../../src/runtime/durable-step.ts';

const program = fileURLToPath(new URL('./killed-lease.js', import.meta.url));

/** Kills the holder of a lease at a step; the next one must get the lease, under an epoch that nobody has had. */
export async function requireLeaseAfter(step: DurableStep, occurrence: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'litestream-lease-crash-'));
  try {
    const killed = await hold(directory, step, occurrence);
    assert.equal(killed.signal, 'SIGKILL', 'the step was not reached');
    const next = await hold(directory, 'none', 1);
    assert.deepEqual([next.code, next.signal], [0, null]);
    assert.ok(next.epoch > killed.epoch, `epoch ${next.epoch} after ${killed.epoch}`);
    assert.ok((await hold(directory, 'none', 1)).epoch > next.epoch);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** `epoch` is 0 when the lease was never held. */
async function hold(directory: string, step: string, occurrence: number) {
  const words = [program, join(directory, 'replica'), join(directory, 'lease.json'), step, String(occurrence)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { epoch: Number(said), code, signal };
}
