import { emptyDatabaseChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { DurablePurpose } from '../../runtime/durable-step.ts';
import { EngineError } from '../engine-error.ts';
import { blockCheck, blockCountOf, blockEntries, chunkEntries, newChunk, tableCheck, xorOf } from './table-blocks.ts';
import { encodeTableHead, type TableTag, tableHeadBytes } from './table-head.ts';

/** Where the entries of a table come from. */
export interface TableSource {
  /** Puts the entries from one on, which is the first of a block, into all of `entries`; 0n after the last page. */
  fill(first: number, entries: BigUint64Array): void;
  /** Throws unless this is the check of a block that was given. */
  confirm(index: number, check: number): void;
}

/**
 * Writes a page-checksum table durably and returns the checks of its blocks. Throws EngineError `table-lost`, with nothing
 * published, when the entries do not give the checksum of the tag.
 */
export async function writeTableFile(
  path: string,
  tag: TableTag,
  source: TableSource,
  { durableFiles, purpose }: { readonly durableFiles: DurableFiles; readonly purpose: DurablePurpose },
): Promise<Uint32Array> {
  const { pageCount } = tag;
  const checks = new Uint32Array(blockCountOf(pageCount));
  const chunk = newChunk(pageCount);
  let sum = 0n;
  const file = await durableFiles.begin(purpose, path);
  try {
    await file.append(new Uint8Array(tableHeadBytes));
    for (let first = 0; first < pageCount; first += chunkEntries) {
      source.fill(first, chunk);
      for (let at = 0; first + at < pageCount && at < chunk.length; at += blockEntries) {
        const index = (first + at) / blockEntries;
        checks[index] = blockCheck(chunk.subarray(at, at + blockEntries));
        source.confirm(index, checks[index]!);
      }
      sum ^= xorOf(chunk);
      const entries = chunk.subarray(0, pageCount - first);
      await file.append(new Uint8Array(entries.buffer, 0, entries.byteLength));
    }
    if (xorChecksum(emptyDatabaseChecksum, sum) !== tag.checksum) throw changed(path);
    await file.writeAt(encodeTableHead({ tag, check: tableCheck(checks) }), 0);
    await file.replace();
    return checks;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function changed(path: string): EngineError {
  return new EngineError('table-lost', `Cannot store the page-checksum table ${path}: its entries changed meanwhile`);
}
