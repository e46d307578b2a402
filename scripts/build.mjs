import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './command.mjs';
import { exclusively } from './exclusive.mjs';
import { main, Progress, StepError } from './progress.mjs';
import { cacheFolder, isEntry, projectRoot } from './project.mjs';
import { filesBelow, typeScriptSources } from './source-files.mjs';
import { clearStamp, fingerprint, isCurrent, writeStamp } from './stamp.mjs';

/** The command finds its kernels beside itself, the library beside the file that loads them. */
const kernelsPaths = ['dist/src/kernel/kernels.wasm', 'dist/bin/kernels.wasm'].map((path) => join(projectRoot, path));
const commandPath = join(projectRoot, 'dist/bin/litestream.js');
const pagePath = join(projectRoot, 'dist/bin/page/index.html');

/** The parts of the build: what each reads, whether its output stands, and how it is made. */
const parts = [
  {
    name: 'compile TypeScript',
    stamp: 'typescript',
    wanted: () => fingerprint([...typeScriptSources(), 'tsconfig.json', 'package-lock.json', 'scripts/build.mjs']),
    isComplete: () => outputIsComplete(),
    make: compile,
  },
  {
    name: 'compile kernels',
    stamp: 'kernels',
    wanted: () =>
      fingerprint([
        ...filesBelow('src/kernel/assembly', { skip: new Set() }),
        'package-lock.json',
        'scripts/build-kernels.mjs',
      ]),
    isComplete: () => kernelsPaths.every((path) => existsSync(path)),
    make: compileKernels,
  },
  {
    name: 'bundle the command',
    stamp: 'command',
    wanted: () =>
      fingerprint([
        ...filesBelow('src', { extension: '.ts' }),
        ...filesBelow('cmd', { extension: '.ts' }),
        ...filesBelow('src/dashboard/page', { skip: new Set() }),
        'package-lock.json',
        'scripts/build-command.mjs',
        'scripts/build-page.mjs',
      ]),
    isComplete: () => [commandPath, pagePath].every((path) => existsSync(path)),
    make: bundleCommand,
  },
];

/** True when dist/ holds what the sources compile to. */
export function buildIsCurrent() {
  return parts.every(partIsCurrent);
}

/** Makes the parts of dist/ that are out of date, side by side. The packages must be installed. */
export async function build(progress) {
  const results = await Promise.allSettled(parts.map((part) => buildPart(part, progress)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function partIsCurrent(part) {
  return part.isComplete() && isCurrent(part.stamp, part.wanted());
}

async function buildPart(part, progress) {
  if (partIsCurrent(part)) {
    progress.unchanged(part.name);
    return;
  }
  const wanted = part.wanted();
  clearStamp(part.stamp);
  await progress.step(part.name, part.make);
  writeStamp(part.stamp, wanted);
}

async function compile() {
  removeStaleOutput();
  // An incremental compile trusts that what it wrote once is still there.
  if (!outputIsComplete()) rmSync(join(projectRoot, 'dist/tsconfig.tsbuildinfo'), { force: true });
  const { code, output } = await runCommand(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  if (code !== 0) throw new StepError(`Cannot compile the sources: tsc ended with ${code}. It said:\n${output}`);
}

async function bundleCommand() {
  const { buildCommand } = await import('./build-command.mjs');
  try {
    await buildCommand(dirname(commandPath));
  } catch (error) {
    throw new StepError(`Cannot bundle the command: ${error.message}`);
  }
  chmodSync(commandPath, 0o755);
}

/** The module appears whole under its name: a test that starts meanwhile finds the old one or the new one. */
async function compileKernels() {
  const { buildKernels } = await import('./build-kernels.mjs');
  mkdirSync(cacheFolder, { recursive: true });
  const temporaryPath = join(cacheFolder, 'kernels.wasm');
  await buildKernels(temporaryPath);
  for (const path of kernelsPaths) {
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(temporaryPath, `${path}.new`);
    renameSync(`${path}.new`, path);
  }
}

function outputIsComplete() {
  return typeScriptSources().every((source) => existsSync(join(projectRoot, 'dist', source.replace(/\.ts$/, '.js'))));
}

/** Removes what a source that is gone was compiled to, so that it cannot be imported or run as a test. */
function removeStaleOutput() {
  const sources = new Set(typeScriptSources());
  for (const path of filesBelow('dist', { skip: new Set(['dist/bin']) })) {
    const source = path.replace(/^dist\//, '').replace(/(\.js|\.js\.map|\.d\.ts)$/, '.ts');
    if (source.endsWith('.ts') && !sources.has(source)) {
      rmSync(join(projectRoot, path));
      removeEmptyFolders(join(projectRoot, dirname(path)));
    }
  }
}

function removeEmptyFolders(folder) {
  for (let current = folder; readdirSync(current).length === 0; current = dirname(current)) rmdirSync(current);
}

if (isEntry(import.meta.url)) {
  const progress = new Progress(process.stdout);
  await main(() => exclusively(progress, () => build(progress)));
}
