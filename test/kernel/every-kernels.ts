import { describe } from 'node:test';
import type { Kernels } from '../../src/kernel/kernels.ts';
import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { referenceKernels } from '../../src/kernel/reference/reference-kernels.ts';

/** The two builds that must not be told apart. */
export const wasmKernels = loadKernels();
export const bothKernels: readonly Kernels[] = [referenceKernels, wasmKernels];

/** Runs one suite on each build. */
export function describeKernels(symbol: string, suite: (kernels: Kernels) => void): void {
  for (const kernels of bothKernels) describe(`${symbol} (${kernels.kind})`, () => suite(kernels));
}
