import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { attachRun } from '../attach-run.ts';
import type { PageRun } from '../kernels.ts';
import type { ThreadJob, ThreadMessage, ThreadReply } from './thread-message.ts';

// The program of a kernel thread. It must never open a file: a thread that ends closes what it opened, and with any
// descriptor of a database every lock that the process holds on it.

/** Behind the main thread, which ships the commits of other databases meanwhile, and behind applications. */
const niceness = 5;
// On Linux a priority belongs to the thread that asks for it, elsewhere to the process.
if (process.platform === 'linux') setPriority(niceness);

const runs = new Map<number, PageRun>();

parentPort?.on('message', (message: ThreadMessage) => {
  if (message.kind === 'attach') runs.set(message.id, attachRun(message.share));
  else if (message.kind === 'detach') runs.delete(message.id);
  else parentPort?.postMessage(answer(message));
});

function answer(job: ThreadJob): ThreadReply {
  try {
    const run = runs.get(job.id)!;
    if (job.kind === 'encode') {
      const { frameBytes, register } = run.encode(job.size, job.register);
      return { kind: 'done', size: frameBytes, register };
    }
    const { pageCount, register } = run.decode(job.size, job.register);
    return { kind: 'done', size: pageCount, register };
  } catch {
    return { kind: 'failed' }; // done again in place, the same error is met where it can be thrown
  }
}
