import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, projectRoot } from './project.mjs';

/** One hash over the names and bytes of files, and over other facts that a step depends on. */
export function fingerprint(paths, facts = []) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\0`);
  for (const path of paths) {
    const bytes = readFileSync(join(projectRoot, path));
    hash.update(`${path}\0${bytes.byteLength}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** True when the step `name` last ended well with this fingerprint. */
export function isCurrent(name, value) {
  try {
    return readFileSync(stampPath(name), 'utf8') === value;
  } catch {
    return false;
  }
}

/** To be called before a step touches its output, so that a killed step is done again. */
export function clearStamp(name) {
  rmSync(stampPath(name), { force: true });
}

export function writeStamp(name, value) {
  mkdirSync(cacheFolder, { recursive: true });
  const temporaryPath = `${stampPath(name)}.${process.pid}`;
  writeFileSync(temporaryPath, value);
  renameSync(temporaryPath, stampPath(name));
}

function stampPath(name) {
  return join(cacheFolder, `${name}.stamp`);
}
