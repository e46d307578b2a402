import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { outputOf } from './python-program.ts';
import type { WorkloadResult } from './run-workload.ts';
import { withoutSidecar } from './workload.ts';
import { allWorkloads } from './workload-list.ts';

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const own = 'this project';

function bench(...args: string[]) {
  return outputOf(spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

describe('npm run bench', { concurrency: 3 }, () => {
  for (const { name, promises } of allWorkloads()) {
    it(`${name} runs and measures what it promises`, { timeout: 60_000 }, async () => {
      const { code, stdout, stderr } = await bench('--smoke', name);
      assert.equal(code, 0, stderr);
      const { workload, measured, promises: verdicts } = JSON.parse(stdout) as WorkloadResult;
      assert.equal(workload, name);
      const judged = new Set(verdicts.map(({ measure }) => measure));
      assert.deepEqual([...judged], [...new Set(promises.map(({ measure }) => measure))]);
      const measures = Object.entries(measured[own] ?? {});
      assert.ok(measures.length > 0, 'nothing was measured');
      for (const { measure, needs } of promises) {
        assert.ok(needs !== undefined || measured[own]![measure] !== undefined, `${measure} is missing`);
      }
      for (const [measure, { rounds }] of [...measures, ...Object.entries(measured[withoutSidecar] ?? {})]) {
        assert.ok(rounds.length === 1 && rounds[0]! >= 0, `${measure} is ${rounds}`);
      }
    });
  }

  it('refuses a program that fails instead of measuring it', { timeout: 60_000 }, async () => {
    const { code, stderr } = await bench('--smoke', '--program', 'false', 'snapshot-1gb');
    assert.equal(code, 2);
    assert.match(stderr, /^error: Cannot measure false: replicate ended with 1/m);
  });

  it('refuses a workload that does not exist, and names those that do', async () => {
    const { code, stderr } = await bench('snapshot-1tb');
    assert.equal(code, 2);
    assert.match(stderr, /Cannot run "snapshot-1tb": no workload has that name, there are snapshot-1gb, restore-1gb/);
  });
});
