import type { Kernels } from '../../src/kernel/kernels.ts';
import { ThreadPool, type ThreadPoolOptions } from '../../src/kernel/threads/thread-pool.ts';

/** Kernels with threads for work of any size, whatever the machine has. */
export function threadedKernels(
  kernels: Kernels,
  options: Partial<ThreadPoolOptions> = {},
): Kernels & { readonly threads: ThreadPool } {
  const openRun = kernels.openRun.bind(kernels);
  return {
    kind: kernels.kind,
    threads: new ThreadPool({ threadCount: 2, leastBytes: 0, idleMs: 50, openRun, ...options }),
    crc64: kernels.crc64.bind(kernels),
    walChecksum: kernels.walChecksum.bind(kernels),
    verifyFrames: kernels.verifyFrames.bind(kernels),
    compressBlock: kernels.compressBlock.bind(kernels),
    decompressBlock: kernels.decompressBlock.bind(kernels),
    openRun,
  };
}

/** A thread program that answers no job but dies of the first one. */
export const dyingProgram: URL = new URL('./dying-thread.js', import.meta.url);
