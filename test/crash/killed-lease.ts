import { FileLeaseMemory } from '../../src/engine/lease/file-lease-memory.ts';
import { LeaseKeeper } from '../../src/engine/lease/lease-keeper.ts';
import { FileLeaseStore } from '../../src/replica/file/file-lease-store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

/**
 * node killed-lease.js REPLICA NOTE STEP NTH: holds the lease of a directory, prints its epoch once it is held, and dies at
 * the n-th time a durable step is reached; with the step `none` it gives the lease back and ends.
 */
const [path = '', note = '', wanted, nth = '1'] = process.argv.slice(2);
let left = Number(nth);
const durableFiles = new DurableFiles((step) => {
  if (step !== wanted) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
});
const services = { durableFiles, clock: systemClock, logger: silentLogger };
const keeper = new LeaseKeeper(
  {
    store: new FileLeaseStore({ path }, services),
    memory: new FileLeaseMemory(note, services),
    ttlMs: 3_000,
    owner: `process ${process.pid}`,
    machine: 'this boot of this machine',
    holdsLocalLock: true,
  },
  services,
);
const running = keeper.run(new AbortController().signal);
process.stdout.write(`${await keeper.waitHeld(new AbortController().signal)}\n`);
if (wanted === 'none') await keeper.release();
await running;
