import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../bench-error.ts';
import { measuredRun } from '../measured-run.ts';
import { ownProgram, type Program } from '../program.ts';
import { tail } from '../python-program.ts';
import { directoryPlace } from '../replica-store.ts';
import { runEnvironment } from '../run-environment.ts';
import { quantile } from '../statistics.ts';
import { type Bench, type Measures, roundOf, type Workload } from '../workload.ts';

const databaseMegabytes = 1;
const limitMs = 60_000;
const commands = ['version', 'databases', 'status', 'restore'] as const;
type Times = Record<'node' | (typeof commands)[number], number[]>;
const node: Program = { name: 'Node alone', words: [process.execPath] };

/** How long a person or a script waits for a command that has next to nothing to do. */
export const startUpWorkload: Workload = {
  name: 'start-up',
  about:
    'version; databases and status with a config of one database; restore of a 1 MB database; and node -e 0: one after the other, the medians of 20 times',
  promises: [
    { measure: 'versionOverNodeMs', atMost: 30 },
    { measure: 'databasesOverNodeMs', atMost: 80 },
    { measure: 'statusOverNodeMs', atMost: 80 },
    { measure: 'restoreOverNodeMs', atMost: 140 },
  ],
  round: (bench, programs) => roundOf(programs, (program) => startUp(bench, program)),
};

async function startUp({ workspace, size }: Bench, program: Program): Promise<Measures> {
  const folder = await workspace.folder();
  try {
    const sourceFolder = join(folder, 'source');
    await mkdir(sourceFolder);
    const databasePath = await workspace.database(databaseMegabytes, sourceFolder);
    const { url } = directoryPlace(join(folder, 'replica'));
    await measuredRun(program, ['replicate', '-once', databasePath, url], { folder });
    const configPath = join(folder, 'one.yml');
    await writeFile(configPath, JSON.stringify({ dbs: [{ path: databasePath, replica: { url } }] })); // which is YAML too
    const restoredPath = join(folder, 'restored.db');
    const args = {
      version: ['version'],
      databases: ['databases', '-config', configPath],
      status: ['status', '-config', configPath],
      restore: ['restore', '-o', restoredPath, url],
    };
    const times: Times = { node: [], version: [], databases: [], status: [], restore: [] };
    for (let turn = 0; turn < size.startCount; turn++) {
      times.node.push(wallMs(node, ['-e', '0']));
      for (const command of commands) times[command].push(wallMs(program, args[command]));
      await rm(restoredPath);
    }
    return measuresOf(program, times);
  } finally {
    await workspace.remove(folder);
  }
}

/** For a program that needs no Node only the times themselves mean something. */
function measuresOf(program: Program, times: Times): Measures {
  const nodeMs = quantile(times.node, 0.5);
  const medians = commands.map((command) => [command, quantile(times[command], 0.5)] as const);
  const absolute = Object.fromEntries(medians.map(([command, ms]) => [`${command}Ms`, ms]));
  if (program !== ownProgram) return absolute;
  const over = Object.fromEntries(medians.map(([command, ms]) => [`${command}OverNodeMs`, Math.max(0, ms - nodeMs)]));
  return { ...over, ...absolute, nodeMs };
}

/** Blocks: nothing of this process may run meanwhile. */
function wallMs({ name, words: [command, ...words] }: Program, args: readonly string[]): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(command!, [...words, ...args], {
    env: runEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitMs,
    encoding: 'utf8',
  });
  const ms = performance.now() - startMs;
  if (status === 0) return ms;
  throw new BenchError(`Cannot measure ${name}: ${args[0]} ended with ${status}. It said:\n${tail(stderr)}`);
}
