import type { DurableFiles } from '../../runtime/durable-files.ts';
import type { DurablePurpose } from '../../runtime/durable-step.ts';
import { EngineError } from '../engine-error.ts';
import { checksumOf, chunkEntries, encodeTag, sumsOf, type TableTag } from './table-file.ts';

/**
 * Writes a page-checksum table durably; `fill` puts the entries from one on into what it is given. Returns what each block
 * gives. Throws EngineError `table-lost`, with nothing published, when they do not give the checksum of the tag.
 */
export async function writeTableFile(
  path: string,
  tag: TableTag,
  fill: (first: number, entries: BigUint64Array) => void,
  { durableFiles, purpose }: { readonly durableFiles: DurableFiles; readonly purpose: DurablePurpose },
): Promise<BigUint64Array> {
  const sums: BigUint64Array[] = [];
  const chunk = new BigUint64Array(Math.min(chunkEntries, tag.pageCount));
  const file = await durableFiles.begin(purpose, path);
  try {
    await file.append(encodeTag(tag));
    for (let first = 0; first < tag.pageCount; first += chunkEntries) {
      const entries = chunk.subarray(0, tag.pageCount - first);
      fill(first, entries);
      sums.push(sumsOf(entries));
      await file.append(new Uint8Array(entries.buffer, 0, entries.byteLength));
    }
    const all = joined(sums);
    if (checksumOf(all) !== tag.checksum) throw changed(path);
    await file.replace();
    return all;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function joined(parts: readonly BigUint64Array[]): BigUint64Array {
  const whole = new BigUint64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function changed(path: string): EngineError {
  return new EngineError('table-lost', `Cannot store the page-checksum table ${path}: its entries changed meanwhile`);
}
