import { storedPageCount } from '../../../format/database/lock-page.ts';
import { type Checksum, formatChecksum, unknownChecksum } from '../../../format/ltx/checksum.ts';
import type { LtxHeader } from '../../../format/ltx/header.ts';
import type { Kernels } from '../../../kernel/kernels.ts';
import type { LtxFileInfo } from '../../../replica/replica-client.ts';
import type { WriteTarget } from '../../../runtime/background-writer.ts';
import { describeFile } from '../describe-file.ts';
import { RestoreError } from '../restore-error.ts';
import { type IndexedFile, restoreByIndex } from './indexed-pages.ts';
import { type OpenedFile, PlanFile, type PlanFileSource } from './plan-file.ts';
import { readAhead } from './read-ahead.ts';
import { type PageChecksumSink, RestoredPages } from './restored-pages.ts';
import { restoreByWholeFiles } from './whole-files.ts';

/** A page frame takes at least this many bytes, so a few bytes cannot stand for a large database. */
const leastFrameBytes = 7;

export interface ApplyOptions {
  /** How many files or ranges are read at a time. */
  readonly parallelism: number;
  readonly openChecksums?: ((header: LtxHeader) => PageChecksumSink) | undefined;
}

/** How a restored database was checked: against the checksum its files carry, or file by file where they carry none. */
export type Verification = 'database-checksum' | 'file-checksums';

export interface AppliedState {
  /** The header of the newest file. */
  readonly header: LtxHeader;
  /** The database checksum, computed from the pages written. */
  readonly checksum: Checksum;
  readonly verification: Verification;
}

/**
 * Writes the database that files, oldest first, lead to: the newest version of each page, once. The target is as long
 * as its last page afterwards; nothing of it counts when this rejects, and nothing writes to it any more.
 */
export async function applyPlan(
  oldestFirst: readonly LtxFileInfo[],
  source: PlanFileSource,
  target: WriteTarget,
  options: ApplyOptions,
  services: { readonly kernels: Kernels },
): Promise<AppliedState> {
  const [newestInfo, ...older] = [...oldestFirst].reverse();
  const newest = await PlanFile.open(newestInfo!, source);
  const { header } = newest;
  refuseImpossible(header, oldestFirst);
  const after = checksumAfter(header);
  const pages = new RestoredPages(header, target, options.openChecksums?.(header));
  try {
    const { parallelism } = options;
    const infos = [newestInfo!, ...older];
    const open = async (info: LtxFileInfo): Promise<OpenedFile> => {
      return { file: info === newestInfo ? newest : await PlanFile.open(info, source) };
    };
    if (after === unknownChecksum) {
      await restoreByWholeFiles(inChain(readAhead(infos, parallelism, open)), pages, services);
    } else {
      const openIndexed = async (info: LtxFileInfo): Promise<IndexedFile> => {
        const { file } = await open(info);
        return { file, index: await file.readIndex() };
      };
      const files = inChain(readAhead(infos, parallelism, openIndexed));
      const { pageSizeBytes, commit } = header;
      const expectedBytes = commit * pageSizeBytes;
      await restoreByIndex(files, pages, { pageSizeBytes, parallelism, expectedBytes }, services);
    }
    await pages.finish();
  } finally {
    await pages.abandon();
  }
  refuseMissing(pages, header);
  if (after !== unknownChecksum && pages.checksum !== after) throw mismatch(newestInfo!, after, pages.checksum);
  return {
    header,
    checksum: pages.checksum,
    verification: after === unknownChecksum ? 'file-checksums' : 'database-checksum',
  };
}

/** The database checksum that stands in a header, unknown when there is none. */
export function checksumAfter(header: LtxHeader): Checksum {
  return header.checksums?.after ?? unknownChecksum;
}

async function* inChain<Opened extends OpenedFile>(
  files: AsyncIterable<Opened>,
): AsyncGenerator<Opened, void, undefined> {
  let newer: PlanFile | undefined;
  for await (const opened of files) {
    if (newer !== undefined) checkLink(opened.file, newer);
    yield opened;
    newer = opened.file;
  }
}

/** Checks that `newer` may follow `older`. */
function checkLink(older: PlanFile, newer: PlanFile): void {
  const { pageSizeBytes } = newer.header;
  if (older.header.pageSizeBytes !== pageSizeBytes) {
    const name = describeFile(newer.info);
    const message = `Cannot use ${name} after ${describeFile(older.info)}: it has pages of ${pageSizeBytes} bytes instead of ${older.header.pageSizeBytes}`;
    const otherPageSizeUpTo = older.header.maxTxid;
    throw new RestoreError('page-size', message, { data: { file: name, otherPageSizeUpTo } });
  }
  if (newer.header.minTxid !== older.header.maxTxid + 1n) return;
  const before = newer.header.checksums?.before ?? unknownChecksum;
  const left = checksumAfter(older.header);
  if (before === unknownChecksum || left === unknownChecksum || before === left) return;
  const name = describeFile(newer.info);
  const message = `Cannot use ${name} after ${describeFile(older.info)}: it begins at database checksum ${formatChecksum(before)}, the other ends at ${formatChecksum(left)}`;
  throw new RestoreError('chain-broken', message, {
    hint: `Restore TXIDs up to ${older.header.maxTxid.toString(16)}, or from the next snapshot on`,
    data: { file: name, before: older.header.maxTxid },
  });
}

function refuseImpossible({ commit, pageSizeBytes }: LtxHeader, files: readonly LtxFileInfo[]): void {
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const expected = storedPageCount(commit, pageSizeBytes);
  if (expected * leastFrameBytes > bytes) {
    throw new RestoreError('pages-missing', `Cannot rebuild ${expected} pages: the files have ${bytes} bytes in all`);
  }
}

function refuseMissing(pages: RestoredPages, { commit }: LtxHeader): void {
  const { count, first } = pages.missing;
  if (count === 0) return;
  throw new RestoreError(
    'pages-missing',
    `Cannot rebuild a database of ${commit} pages: ${count} are in none of the files, page ${first} for one`,
  );
}

function mismatch(newest: LtxFileInfo, expected: Checksum, found: Checksum): RestoreError {
  const file = describeFile(newest);
  const message = `Cannot trust the restored database: ${file} says checksum ${formatChecksum(expected)}, its pages give ${formatChecksum(found)}`;
  return new RestoreError('checksum-mismatch', message, {
    hint: 'A file of this replica is damaged; restore from another replica, or another TXID',
    data: { file },
  });
}
