import { emptyDatabaseChecksum, xorChecksum } from '../../format/ltx/checksum.ts';
import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { DurablePurpose } from '../../runtime/durable-step.ts';
import { EngineError } from '../engine-error.ts';
import { blockChecks, blockEntries, chunkEntries, tableCheck, xorOf } from './table-blocks.ts';
import { encodeTableHead, type TableTag, tableHeadBytes } from './table-head.ts';

/**
 * Writes a page-checksum table durably; `fill` puts the entries from one on into what it is given. Returns the check of each
 * block. Throws EngineError `table-lost`, with nothing published, when the entries do not give the checksum of the tag.
 */
export async function writeTableFile(
  path: string,
  tag: TableTag,
  fill: (first: number, entries: BigUint64Array) => void,
  { durableFiles, purpose }: { readonly durableFiles: DurableFiles; readonly purpose: DurablePurpose },
): Promise<Uint32Array> {
  const { pageCount } = tag;
  const checks = new Uint32Array(Math.ceil(pageCount / blockEntries));
  const chunk = new BigUint64Array(Math.min(chunkEntries, pageCount));
  let sum = 0n;
  const file = await durableFiles.begin(purpose, path);
  try {
    await file.append(new Uint8Array(tableHeadBytes));
    for (let first = 0; first < pageCount; first += chunkEntries) {
      const entries = chunk.subarray(0, pageCount - first);
      fill(first, entries);
      checks.set(blockChecks(entries), first / blockEntries);
      sum ^= xorOf(entries);
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
