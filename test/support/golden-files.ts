import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root.ts';

/** A file that Litestream v0.5 wrote. */
export interface GoldenFile {
  readonly case: string;
  readonly level: number;
  readonly name: string;
  readonly path: string;
}

export const goldenFolder = join(projectRoot, 'test', 'fixtures', 'golden');

/** All recorded LTX files, ordered by case, level and name. */
export function listGoldenFiles(): GoldenFile[] {
  return readdirSync(goldenFolder)
    .sort()
    .flatMap((name) => listCase(name));
}

export function readGoldenFile(file: GoldenFile): Uint8Array {
  return readFileSync(file.path);
}

function listCase(name: string): GoldenFile[] {
  const root = join(goldenFolder, name, 'replica', 'ltx');
  return readdirSync(root)
    .sort()
    .flatMap((level) =>
      readdirSync(join(root, level))
        .sort()
        .map((file) => ({ case: name, level: Number(level), name: file, path: join(root, level, file) })),
    );
}
