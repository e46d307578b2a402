import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measuredRun, type RunPlace } from './measured-run.ts';
import { type Program, startedBy } from './program.ts';
import type { Measures } from './workload.ts';

/** What promises about them need. */
export const fsyncTool = 'strace';

/** Runs a program to its end and counts what it flushed. Nothing without strace: then nobody looked. */
export async function countFsyncs(program: Program, args: readonly string[], place: RunPlace): Promise<Measures> {
  if (!(await canTrace())) return {};
  const logPath = join(place.folder, 'fsyncs.log');
  const traced = startedBy([fsyncTool, '-f', '-y', '-e', 'trace=fsync,fdatasync', '-o', logPath], program);
  await measuredRun(traced, args, place);
  const paths = [...(await readFile(logPath, 'utf8')).matchAll(/\bf(?:data)?sync\(\d+<(.*?)>/g)].map(
    ([, path]) => path!,
  );
  const kinds = await Promise.all(paths.map(isDirectory));
  const directoryFsyncs = kinds.filter(Boolean).length;
  return { fileFsyncs: paths.length - directoryFsyncs, directoryFsyncs };
}

/** Where tracing is not allowed it is there and of no use. */
async function canTrace(): Promise<boolean> {
  return promisify(execFile)(fsyncTool, ['-f', 'true']).then(
    () => true,
    () => false,
  );
}

/** A file under a temporary name is gone by now; a directory is not. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
