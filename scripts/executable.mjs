import { accessSync, constants } from 'node:fs';

/** Whether there is a file at a path that may be run. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
