import type { WasmMemory, WasmModule } from '../runtime/web-assembly.ts';

interface RunSize {
  readonly pageSize: number;
  readonly capacity: number;
}

export interface WasmRunShare extends RunSize {
  readonly kind: 'wasm';
  readonly module: WasmModule;
  readonly memory: WasmMemory;
}

export interface ReferenceRunShare extends RunSize {
  readonly kind: 'reference';
  readonly memory: SharedArrayBuffer;
}

/** What can be posted to another thread, which makes the same workspace of it: nothing in it is copied. */
export type RunShare = WasmRunShare | ReferenceRunShare;
