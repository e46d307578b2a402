import type { Kernels } from './kernels.ts';
import { loadWasmKernels } from './wasm-kernels.ts';

/** The kernels of a composition root, which hands them down. */
export function loadKernels(): Kernels {
  return loadWasmKernels();
}
