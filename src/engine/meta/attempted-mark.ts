import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { formatTxid, parseTxid, type Txid } from '../../format/ltx/txid.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import type { MetaDirectory } from './meta-directory.ts';
import { stateVersion } from './state-version.ts';

const schema = z.object({ version: z.literal(stateVersion), through: z.string() });

/**
 * Which local files may have reached a replica and are final. Kept in memory while replicas accept files; written down
 * durably when all of them stop, so that a restart meanwhile still knows which files may be folded. Without the note every
 * file that a start finds counts as attempted.
 */
export class AttemptedMark {
  readonly #meta: MetaDirectory;
  readonly #durableFiles: DurableFiles;
  #through: Txid;
  #stored: Txid | undefined;

  private constructor(meta: MetaDirectory, durableFiles: DurableFiles, through: Txid, stored: Txid | undefined) {
    this.#meta = meta;
    this.#durableFiles = durableFiles;
    this.#through = through;
    this.#stored = stored;
  }

  /** `newest` is the newest local TXID. */
  static async open(
    meta: MetaDirectory,
    newest: Txid,
    { durableFiles }: { durableFiles: DurableFiles },
  ): Promise<AttemptedMark> {
    const stored = await load(meta);
    const through = stored === undefined || stored > newest ? newest : stored;
    return new AttemptedMark(meta, durableFiles, through, stored);
  }

  /** Files after this one were never sent. */
  get through(): Txid {
    return this.#through;
  }

  /** To be awaited before the first upload of a file. */
  async attempt(txid: Txid): Promise<void> {
    if (txid <= this.#through) return;
    if (this.#stored !== undefined) {
      await this.#durableFiles.remove('attempted-mark', [this.#meta.attemptedPath]);
      this.#stored = undefined;
    }
    this.#through = txid;
  }

  /** To be awaited before a file is folded for the first time after replicas stopped accepting. */
  async hold(): Promise<void> {
    if (this.#stored === this.#through) return;
    const text = JSON.stringify({ version: stateVersion, through: formatTxid(this.#through) });
    await this.#durableFiles.replace('attempted-mark', this.#meta.attemptedPath, Buffer.from(text));
    this.#stored = this.#through;
  }
}

async function load(meta: MetaDirectory): Promise<Txid | undefined> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(meta.attemptedPath, 'utf8')));
    return parsed.success ? parseTxid(parsed.data.through) : undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
