import { TypedError } from '../runtime/typed-error.ts';

export type KernelErrorCode = 'block-invalid' | 'frame-invalid' | 'input-invalid' | 'run-too-long' | 'wasm-missing';

/** Bytes or arguments a kernel cannot work on, or a kernel build that cannot be loaded. */
export class KernelError extends TypedError<KernelErrorCode> {}
