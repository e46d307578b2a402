import { parentPort } from 'node:worker_threads';
import type { ThreadMessage } from '../../src/kernel/threads/thread-message.ts';

parentPort?.on('message', ({ kind }: ThreadMessage) => {
  if (kind === 'encode' || kind === 'decode') throw new Error('out of everything');
});
