import type { Kernels } from '../kernels.ts';
import { crc64 } from './crc64.ts';
import { compressBlock, decompressBlock } from './lz4-block.ts';
import { ReferencePageRun } from './page-run.ts';
import { verifyFrames, walChecksum } from './wal-checksum.ts';

/** The kernels in plain TypeScript: what the WASM build is compared with. */
export const referenceKernels: Kernels = {
  kind: 'reference',
  threads: undefined,
  crc64,
  walChecksum,
  verifyFrames,
  compressBlock,
  decompressBlock,
  openRun: (pageSize, capacity) => ReferencePageRun.open(pageSize, capacity),
};
