import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MemoryBudget } from '../../../src/engine/compaction/memory-budget.ts';
import { type MergeContext, type MergedFile, mergeFiles } from '../../../src/engine/compaction/merge-files.ts';
import { PageRuns } from '../../../src/engine/page-runs.ts';
import type { Level } from '../../../src/format/ltx/level.ts';
import { parseLtxPath } from '../../../src/replica/directory-layout.ts';
import type { MemoryFiles } from '../../../src/replica/memory/memory-replica-client.ts';
import type { LtxFileInfo, ReplicaClient } from '../../../src/replica/replica-client.ts';
import { kernels } from '../restore/model-database.ts';

export const budgetBytes = 8 << 20;

/** Merges files in a folder that goes away with the test. */
export class MergeScene {
  readonly scratchPath: string;
  readonly budget = new MemoryBudget(budgetBytes);
  readonly runs = new PageRuns(kernels);

  constructor(test: TestContext) {
    this.scratchPath = mkdtempSync(join(tmpdir(), 'merge-'));
    test.after(() => rmSync(this.scratchPath, { recursive: true }));
  }

  merge(
    level: Level,
    files: readonly LtxFileInfo[],
    client: ReplicaClient,
    changes: Partial<MergeContext> = {},
  ): Promise<MergedFile> {
    const { signal } = new AbortController();
    const { budget, runs, scratchPath } = this;
    return mergeFiles(level, files, { client, trusted: undefined, scratchPath, budget, runs, signal, ...changes });
  }

  /** Whether nothing is held any more: no memory, no file. */
  get isClean(): boolean {
    const isWhole = this.budget.take(budgetBytes);
    if (isWhole) this.budget.giveBack(budgetBytes);
    return isWhole && readdirSync(this.scratchPath).length === 0;
  }
}

/** The files of a level, ascending by max TXID. */
export function filesOf(files: MemoryFiles, level: number): LtxFileInfo[] {
  return [...files]
    .map(([path, bytes]) => ({ ...parseLtxPath(path)!, sizeBytes: bytes.length }))
    .filter((file) => file.level === level)
    .sort((a, b) => Number(a.maxTxid - b.maxTxid));
}

export async function bytesOf({ body }: MergedFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.open()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
