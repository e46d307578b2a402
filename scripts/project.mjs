import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

export const cacheFolder = join(projectRoot, '.cache');

/** True when `moduleUrl` is the script that node was started with. */
export function isEntry(moduleUrl) {
  return process.argv[1] === fileURLToPath(moduleUrl);
}
