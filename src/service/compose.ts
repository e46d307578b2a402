import { loadKernels } from '../kernel/load-kernels.ts';
import { systemClock } from '../runtime/clock.ts';
import { DurableFiles } from '../runtime/durable-files.ts';
import type { DurableObserver } from '../runtime/durable-step.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ProcessServices } from './shard/shard-services.ts';

export interface ComposeOptions {
  readonly logger: Logger;
  /** Told of every durable step; tests end the process there. */
  readonly observe?: DurableObserver | undefined;
}

/** What everything in a process is built from: its clock, its kernels, its way of making files. */
export function processServices({ logger, observe }: ComposeOptions): ProcessServices {
  return { kernels: loadKernels(), durableFiles: new DurableFiles(observe), clock: systemClock, logger };
}
