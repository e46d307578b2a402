import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { runCommand } from './command.mjs';
import { exclusively } from './exclusive.mjs';
import { packagesAreCurrent } from './install.mjs';
import { main, Progress, StepError } from './progress.mjs';
import { cacheFolder, projectRoot } from './project.mjs';
import { stageInstallation } from './stage-installation.mjs';

const usage = 'npm run tarball -- [--out FOLDER] [--unpacked FOLDER] [--level 1..9]';

/** Packs the program with the Node that runs this; with `--unpacked` the files are left in a folder instead. */
await main(async () => {
  const { out, unpacked, level } = parseOptions();
  if (process.platform !== 'linux')
    throw new StepError(`Cannot make an installation for ${process.platform}: Linux only`);
  const progress = new Progress(process.stdout);
  // What is packed is what stands there: packages are never installed or replaced on the way.
  if (!packagesAreCurrent())
    throw new StepError('Cannot make an installation: packages are not up to date. Run: npm run setup');
  await exclusively(progress, () => build(progress));
  if (unpacked !== undefined) {
    await progress.step('installation', () => stageInstallation(resolve(unpacked)));
    return;
  }
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const name = `litestream-${version}-${process.platform}-${process.arch}`;
  const folder = mkdtempSync(join(cacheFolder, 'tarball-'));
  try {
    await progress.step('installation', () => stageInstallation(join(folder, name)));
    const path = resolve(out, `${name}.tar.gz`);
    await progress.step('tarball', () => pack({ folder, name, path, level }));
    progress.line(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: projectRoot },
        unpacked: { type: 'string' },
        level: { type: 'string', default: '9' },
      },
    });
    if (!/^[1-9]$/.test(values.level)) throw new Error(`--level ${values.level} is not one of 1 to 9`);
    return values;
  } catch (error) {
    throw new StepError(`${error.message.split('. ')[0]}. Usage: ${usage}`);
  }
}

/** The same files give the same archive, whoever packs them. */
async function pack({ folder, name, path, level }) {
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--mtime=@0'];
  const { code, output } = await runCommand('tar', [
    '--create',
    `--file=${path}`,
    `--use-compress-program=gzip -n -${level}`,
    `--directory=${folder}`,
    ...same,
    name,
  ]);
  if (code !== 0) throw new StepError(`Cannot write ${path}: tar ended with ${code}. It said:\n${output}`);
}
