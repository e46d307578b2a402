declare const compiled: unique symbol;

/** Compiled WASM, to be instantiated any number of times. */
export interface WasmModule {
  readonly [compiled]: true;
}

/** Memory that several threads can have at the same time. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
}

/**
 * The part of the global that this program uses. Node's type package does not declare it, and the compiler's own declaration
 * comes only with every type of a browser.
 */
export const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly;
