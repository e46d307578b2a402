import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { systemErrorCode } from '../../runtime/typed-error.ts';
import { EngineError } from '../engine-error.ts';
import type { MetaDirectory } from './meta-directory.ts';

/**
 * The version of everything that lies in a meta directory beside LTX files. Each file carries its own: a note in JSON as `version`,
 * a page-checksum table as the last character of its magic `PCS1`. It is the first one, so there is nothing older to bring up to it;
 * what Litestream leaves there are LTX files alone.
 */
export const stateVersion = 1;

const tableMagic = /^PCS(\d)$/;
const tableMagicBytes = 4;

/**
 * Throws EngineError `state-newer`, with nothing touched, when a later version of this program wrote any of it: what cannot be read
 * counts as lost elsewhere, and a later version may have meant something by it.
 */
export function requireKnownState(databasePath: string, meta: MetaDirectory): void {
  const notes = [meta.positionPath, meta.attemptedPath, meta.restoreMarkerPath];
  const tables = [meta.pageChecksumsPath, meta.restoredPageChecksumsPath];
  for (const path of notes.filter(existsSync)) refuseNewer(databasePath, path, versionOfNote(path));
  for (const path of tables.filter(existsSync)) refuseNewer(databasePath, path, versionOfTable(path));
}

function refuseNewer(databasePath: string, path: string, version: number | undefined): void {
  if (version === undefined || version <= stateVersion) return;
  throw new EngineError(
    'state-newer',
    `Cannot use the local state of ${databasePath}: ${path} is of version ${version}, and this program knows ${stateVersion}`,
    {
      hint: `run the later version of the program, or begin the local state anew: litestream reset ${databasePath}, then replicate -adopt`,
    },
  );
}

function versionOfNote(path: string): number | undefined {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown } | null;
    return typeof note?.version === 'number' ? note.version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}

function versionOfTable(path: string): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined; // not there, or not to be read: whoever needs it says so
  }
  try {
    const bytes = Buffer.alloc(tableMagicBytes);
    readSync(descriptor, bytes, 0, bytes.length, 0);
    const [, digit] = tableMagic.exec(bytes.toString('latin1')) ?? [];
    return digit === undefined ? undefined : Number(digit);
  } finally {
    closeSync(descriptor);
  }
}
