import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { LeaseMemory, RememberedLease } from './lease-memory.ts';

const schema = z.object({
  version: z.literal(1),
  epoch: z.int().nonnegative(),
  write: z.object({ tag: z.string(), nonce: z.string() }).nullable(),
  machine: z.string(),
});

/** The note in a file: `lease.json` in a meta directory. */
export class FileLeaseMemory implements LeaseMemory {
  readonly #path: string;
  readonly #durableFiles: DurableFiles;

  constructor(path: string, { durableFiles }: { durableFiles: DurableFiles }) {
    this.#path = path;
    this.#durableFiles = durableFiles;
  }

  /** Undefined also for a note that cannot be understood. */
  async load(): Promise<RememberedLease | undefined> {
    try {
      const parsed = schema.safeParse(JSON.parse(await readFile(this.#path, 'utf8')));
      if (!parsed.success) return undefined;
      const { epoch, write, machine } = parsed.data;
      return { epoch, write: write ?? undefined, machine };
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async save({ epoch, write, machine }: RememberedLease): Promise<void> {
    const stored: z.infer<typeof schema> = { version: 1, epoch, write: write ?? null, machine };
    await this.#durableFiles.replace('lease-memory', this.#path, Buffer.from(`${JSON.stringify(stored)}\n`));
  }
}
