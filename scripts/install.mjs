import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bothEnds, runCommand } from './command.mjs';
import { StepError } from './progress.mjs';
import { projectRoot } from './project.mjs';
import { clearStamp, fingerprint, isCurrent, writeStamp } from './stamp.mjs';

const stampName = 'packages';
const installedLock = join(projectRoot, 'node_modules/.package-lock.json');

/** True when node_modules holds what package-lock.json asks for, built for this Node. */
export function packagesAreCurrent() {
  return existsSync(installedLock) && isCurrent(stampName, wanted());
}

/** Brings node_modules in line with package-lock.json; packages somebody else installed are kept when they fit. */
export async function installPackages(progress) {
  if (packagesAreCurrent()) {
    progress.unchanged('packages');
    return;
  }
  clearStamp(stampName);
  if (installedVersionsFit() && (await nativeModuleProblem()) === undefined) {
    progress.unchanged('packages');
  } else {
    progress.line('packages: npm ci; better-sqlite3 compiles for about a minute where it finds no prebuilt binary');
    await progress.step('packages', npmCi);
  }
  writeStamp(stampName, wanted());
}

function wanted() {
  return fingerprint(['package-lock.json'], [process.version, process.platform, process.arch]);
}

function installedVersionsFit() {
  if (!existsSync(installedLock)) return false;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')).packages;
  const fits = Object.entries(locked).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional && !installed[path]),
  );
  return fits && Object.keys(installed).every((path) => path in locked);
}

async function npmCi() {
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
  if (code !== 0) {
    const said = bothEnds(output, { headCount: 6, tailCount: 12 });
    throw new StepError(`Cannot install the packages: npm ci ended with ${code}. It said:\n${said}`);
  }
  const problem = await nativeModuleProblem();
  if (problem !== undefined) {
    throw new StepError(
      `Cannot load better-sqlite3: ${problem}. Its install script must be allowed to run: npm rebuild better-sqlite3`,
    );
  }
}

/** Why better-sqlite3 does not work here; in a process of its own, as a module once loaded cannot be replaced. */
async function nativeModuleProblem() {
  const { code, output } = await runCommand(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:')"]);
  if (code === 0) return undefined;
  return output.split('\n').find((line) => line.startsWith('Error:')) ?? `exit code ${code}`;
}
