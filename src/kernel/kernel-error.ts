import { TypedError } from '../runtime/typed-error.ts';

export type KernelErrorCode = 'block-invalid' | 'frame-invalid' | 'run-too-long' | 'wasm-missing';

/** Bytes a kernel cannot work on, or a kernel build that cannot be loaded. */
export class KernelError extends TypedError<KernelErrorCode> {}
