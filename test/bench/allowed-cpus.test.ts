import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { allowedCpus, parseCpuList } from './allowed-cpus.ts';

describe('allowedCpus', () => {
  it('reads ranges and single numbers', () => {
    assert.deepEqual(parseCpuList('0-2,5,7-8'), [0, 1, 2, 5, 7, 8]);
  });

  it('finds as many as the system counts for this process', () => {
    assert.equal(allowedCpus().length, Number(execFileSync('nproc', { encoding: 'utf8' })));
  });
});
