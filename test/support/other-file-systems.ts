/** Imported before a program: links from one directory into another fail, as if each lay on a file system of its own. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';

const { linkSync } = fs;
fs.linkSync = (existingPath, newPath) => {
  if (dirname(String(existingPath)) === dirname(String(newPath))) return linkSync(existingPath, newPath);
  throw Object.assign(new Error(`EXDEV: cross-device link not permitted, link '${existingPath}'`), { code: 'EXDEV' });
};
syncBuiltinESMExports();
