import { availableParallelism } from 'node:os';
import type { Kernels } from './kernels.ts';
import { loadWasmKernels } from './wasm-kernels.ts';

/** More are not worth their memory: reading and writing take over as the limit. */
const mostThreads = 8;

let loaded: Kernels | undefined;

/** The kernels for composition roots, which hand them down: one set a process, since its threads are shared. */
export function loadKernels(): Kernels {
  const coreCount = availableParallelism();
  loaded ??= loadWasmKernels(coreCount > 1 ? Math.min(coreCount, mostThreads) : 0);
  return loaded;
}
