import { unknownChecksum } from '../../format/ltx/checksum.ts';
import { LtxDecoder } from '../../format/ltx/decoder.ts';
import { LtxError } from '../../format/ltx/ltx-error.ts';
import { nextTxid, type Txid } from '../../format/ltx/txid.ts';
import type { LocalFiles } from '../meta/local-files.ts';
import type { MetaDirectory } from '../meta/meta-directory.ts';
import { type LoadedTable, PageChecksumTable } from '../meta/page-checksum-table.ts';
import type { PageRuns } from '../page-runs.ts';

const chunkBytes = 1 << 20;

/**
 * The page-checksum table at the newest local file: the stored one rolled forward with the files after it, or made of the
 * files alone where they begin with TXID 1. Undefined when that cannot be done or does not give the checksums they carry. To be
 * closed.
 */
export async function openStoredTable(
  meta: MetaDirectory,
  files: LocalFiles,
  { runs }: { runs: PageRuns },
): Promise<PageChecksumTable | undefined> {
  const stored = await PageChecksumTable.open(meta.pageChecksumsPath);
  let table: PageChecksumTable | undefined;
  try {
    table = await atNewest(stored, files, runs);
    return table;
  } finally {
    if (table !== stored?.table) stored?.table.close();
  }
}

async function atNewest(
  stored: LoadedTable | undefined,
  files: LocalFiles,
  runs: PageRuns,
): Promise<PageChecksumTable | undefined> {
  const newest = files.newest;
  if (newest === undefined) return undefined;
  let table = stored?.table;
  let at = stored?.tag.txid;
  if (table === undefined || at === undefined || at > newest.txid || (at < newest.txid && !files.has(nextTxid(at)))) {
    if (files.files[0]?.txid !== 1n) return undefined;
    const { pageSizeBytes } = await files.readHeader(files.files[0].txid);
    table = new PageChecksumTable(pageSizeBytes);
    at = undefined;
  }
  for (const { txid } of files.files) {
    if (at !== undefined && txid <= at) continue;
    if (!(await rollForward(table, files, txid, runs))) return undefined;
  }
  const { checksums } = await files.readHeader(newest.txid);
  const after = checksums?.after ?? unknownChecksum;
  return after === table.checksum ? table : undefined;
}

/** Applies one local file; false when it does not give the checksum it carries. */
async function rollForward(table: PageChecksumTable, files: LocalFiles, txid: Txid, runs: PageRuns): Promise<boolean> {
  const decoder = new LtxDecoder({ openRun: (pageSizeBytes) => runs.borrow(pageSizeBytes) }, { kernels: runs.kernels });
  const pages: { pgno: number; checksum: bigint }[] = [];
  const reader = await files.open(txid);
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (let count = await reader.read(chunk); count > 0; count = await reader.read(chunk)) {
      for (const { run, pageCount } of decoder.push(chunk.subarray(0, count))) {
        for (let i = 0; i < pageCount; i++) pages.push({ pgno: run.pgnos[i]!, checksum: run.checksums[i]! });
      }
    }
    const { header } = decoder.finish();
    if (header.pageSizeBytes !== table.pageSizeBytes) return false;
    table.resize(header.commit);
    for (const { pgno, checksum } of pages) table.set(pgno, checksum);
    return header.checksums?.after === table.checksum;
  } catch (error) {
    if (error instanceof LtxError) return false;
    throw error;
  } finally {
    await reader.close();
  }
}
