import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { init, parse } from 'es-module-lexer';
import { StepError } from './progress.mjs';
import { projectRoot } from './project.mjs';
import { filesBelow } from './source-files.mjs';

/**
 * The folders below node_modules that the bundled command needs beside it: what it imports, and what that depends on
 * in turn, as package-lock.json places it. What only an install script runs is left out.
 */
export async function runtimePackages() {
  const { packages } = readJson('package-lock.json');
  const { dependencies } = readJson('package.json');
  const wanted = new Set();
  const add = (from, name) => {
    const folder = placeOf(packages, from, name);
    if (folder === undefined) throw new StepError(`Cannot find package ${name}: package-lock.json has no place for it`);
    if (wanted.has(folder)) return;
    wanted.add(folder);
    const { scripts } = readJson(join(folder, 'package.json'));
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = packages[folder];
    const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    for (const next of [...Object.keys(dependencies), ...peers]) {
      if (!(scripts?.install ?? '').split(/\s+/).includes(next)) add(folder, next);
    }
  };
  for (const name of await importedPackages()) {
    if (!Object.hasOwn(dependencies, name)) {
      throw new StepError(`Cannot install the command: it imports ${name}, which is none of the dependencies`);
    }
    add('', name);
  }
  return [...wanted].sort();
}

/** The packages that the files of the bundle import, at once or when they are needed. */
async function importedPackages() {
  await init;
  const names = filesBelow('dist/bin', { extension: '.js' }).flatMap((path) => {
    const [imports] = parse(readFileSync(join(projectRoot, path), 'utf8'));
    return imports.flatMap(({ n: specifier = '.' }) => /^(?!node:)(?:@[^/]+\/)?[^./][^/]*/.exec(specifier)?.[0] ?? []);
  });
  return new Set(names);
}

/** Where Node finds a package that a file in `from` asks for: there or in a folder above. */
function placeOf(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (folder === '') return undefined;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));
}
