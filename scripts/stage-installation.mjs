import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { runCommand } from './command.mjs';
import { StepError } from './progress.mjs';
import { projectRoot } from './project.mjs';
import { runtimePackages } from './runtime-packages.mjs';

/** In the order of Node's own archives, of Debian's packages, and of what others make of it. */
const nodeLicensePlaces = [
  'LICENSE',
  'share/doc/nodejs/LICENSE',
  'share/doc/node/LICENSE',
  'share/licenses/nodejs/LICENSE',
];

/** What only compilers and debuggers of packages read. */
const notAtRunTime = /\.(?:d\.[cm]?ts|map|tsbuildinfo)$/;

/**
 * Lays the program out below a folder as below a prefix such as /usr/local, with the Node that runs this script. dist/
 * must be up to date.
 */
export async function stageInstallation(prefix) {
  const program = join(prefix, 'lib/litestream');
  mkdirSync(program, { recursive: true });
  copyNode(join(program, 'node'));
  for (const path of ['package.json', 'dist/bin']) copy(path, join(program, path));
  for (const folder of await runtimePackages()) copyPackage(folder, join(program, folder));
  copy('scripts/litestream.sh', join(prefix, 'bin/litestream'));
  chmodSync(join(prefix, 'bin/litestream'), 0o755);

  const documents = join(prefix, 'share/doc/litestream');
  for (const path of [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'litestream.yml',
    'examples/systemd/litestream.service',
  ]) {
    copy(path, join(documents, basename(path)));
  }
  copyFileSync(nodeLicense(), join(documents, 'LICENSE-node'));
  await print(prefix, 'share/man/man1/litestream.1', ['man']);
  await print(prefix, 'share/bash-completion/completions/litestream', ['completion', 'bash']);
  await print(prefix, 'share/zsh/site-functions/_litestream', ['completion', 'zsh']);
  await print(prefix, 'share/fish/vendor_completions.d/litestream.fish', ['completion', 'fish']);
}

/** A Node whose code lies in a library of the system would not run elsewhere. */
function copyNode(target) {
  const { stdout, error } = spawnSync('ldd', [process.execPath], { encoding: 'utf8' });
  if (error === undefined && /^\s*libnode\b/m.test(stdout)) {
    throw new StepError(`Cannot take ${process.execPath} along: its code is in a library. Use a Node of nodejs.org`);
  }
  copyFileSync(process.execPath, target, constants.COPYFILE_FICLONE);
  chmodSync(target, 0o755);
}

function nodeLicense() {
  const prefix = dirname(dirname(process.execPath));
  const places = nodeLicensePlaces.map((place) => join(prefix, place));
  // In a prefix that others share, LICENSE may be anybody's.
  const found = places.find(
    (path) => existsSync(path) && readFileSync(path, 'utf8').includes('Node.js is licensed for use'),
  );
  if (found === undefined) throw new StepError(`Cannot find Node's license: there is none below ${prefix}`);
  return found;
}

function copy(path, target) {
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(projectRoot, path), target, { recursive: true });
}

/** A native package goes without its sources; of what they were compiled to, the modules are needed. */
function copyPackage(folder, target) {
  const source = join(projectRoot, folder);
  const isNative = existsSync(join(source, 'binding.gyp'));
  const isWanted = (path) => {
    const [first, ...rest] = relative(source, path).split(sep);
    if (first === 'node_modules' || notAtRunTime.test(path)) return false;
    if (!isNative) return true;
    if (first === 'build') return rest.length < 2 || path.endsWith('.node');
    return !['binding.gyp', 'deps', 'src'].includes(first);
  };
  cpSync(source, target, { recursive: true, dereference: true, filter: isWanted });
}

async function print(prefix, path, args) {
  const { code, output } = await runCommand(process.execPath, ['dist/bin/litestream.js', ...args]);
  if (code !== 0)
    throw new StepError(`Cannot make ${path}: litestream ${args.join(' ')} ended with ${code}:\n${output}`);
  mkdirSync(dirname(join(prefix, path)), { recursive: true });
  writeFileSync(join(prefix, path), `${output}\n`);
}
