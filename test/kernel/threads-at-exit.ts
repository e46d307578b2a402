import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { threadedKernels } from './threaded-kernels.ts';

// Threads that would wait for an hour for more work: the process must end all the same.
const { threads } = threadedKernels(loadKernels(), { idleMs: 3_600_000 });
const lent = threads.borrow(4096, 4)!;
lent.run.pgnos.set([1, 2, 3, 4]);
const encoded = await lent.encode(4, 0n);
lent.giveBack();
console.log(`encoded ${encoded?.frameBytes} bytes on ${threads.threadCount} threads`);
