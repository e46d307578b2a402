import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { bothEnds, runCommand } from './command.mjs';
import { isExecutable } from './executable.mjs';
import { StepError } from './progress.mjs';
import { cacheFolder } from './project.mjs';

const version = 'v1.8.0';
const goModule = `github.com/versity/versitygw/cmd/versitygw@${version}`;
const image = `versity/versitygw:${version}`;
const cachedPath = join(cacheFolder, 'bin', 'versitygw');

/** Where the S3 server of the tests is installed; undefined when it is nowhere. */
export function findVersitygw() {
  const goFolders = (process.env.GOPATH ?? join(homedir(), 'go')).split(delimiter).map((path) => join(path, 'bin'));
  const folders = [...(process.env.PATH ?? '').split(delimiter), process.env.GOBIN ?? '', ...goFolders].filter(Boolean);
  return [...folders.map((folder) => join(folder, 'versitygw')), cachedPath].find(isExecutable);
}

/** Sees to it that the S3 server of the tests is there: what is installed, else built with Go, else run with Docker. */
export async function provideVersitygw(progress) {
  if (findVersitygw() !== undefined) {
    progress.unchanged('versitygw');
    return;
  }
  mkdirSync(join(cacheFolder, 'bin'), { recursive: true });
  const failures = [];
  for (const { name, provide } of [
    { name: 'Go', provide: buildWithGo },
    { name: 'Docker', provide: wrapDocker },
  ]) {
    progress.line(`versitygw: trying ${name}, which takes about a minute`);
    const failure = await progress.step('versitygw', provide);
    if (failure === undefined) return;
    failures.push(`${name}: ${failure}`);
  }
  throw new StepError(
    `Cannot provide versitygw, the S3 server of the tests. Install Go (it is then built), Docker, or versitygw ${version} itself into PATH.\n${failures.join('\n')}`,
  );
}

async function buildWithGo() {
  return problemOf('go', ['install', goModule], { GOBIN: join(cacheFolder, 'bin') });
}

/** The server runs with the network and the folder of the host; a signal to the client ends the container. */
async function wrapDocker() {
  const problem = await problemOf('docker', ['pull', '--quiet', image]);
  if (problem !== undefined) return problem;
  const run = `exec docker run --rm --init --network host --user "$(id -u):$(id -g)" -e ROOT_ACCESS_KEY -e ROOT_SECRET_KEY`;
  writeFileSync(cachedPath, `#!/bin/bash\n${run} -v "\${@: -1}:\${@: -1}" ${image} "$@"\n`);
  chmodSync(cachedPath, 0o755);
  return undefined;
}

async function problemOf(command, args, env) {
  try {
    const { code, output } = await runCommand(command, args, env);
    return code === 0 ? undefined : bothEnds(output, { headCount: 3, tailCount: 5 });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return error.message;
  }
}
