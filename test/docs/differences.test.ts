import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../cmd/command-list.ts';
import { type DescribedSchema, describedConfigSchema } from '../../src/config/schema/json-schema.ts';
import { projectRoot } from '../support/project-root.ts';

const page = readFileSync(join(projectRoot, 'docs/differences.md'), 'utf8');

/** Litestream's commands and flags, from its sources of August 2026. */
const flagsOfLitestream: Readonly<Record<string, string>> = {
  databases: 'config no-expand-env json',
  info: 'socket timeout json',
  list: 'socket timeout json',
  ltx: 'config no-expand-env json level',
  register: 'timeout socket replica json',
  replicate: 'exec log-level restore-if-db-not-exists once force-snapshot enforce-retention config no-expand-env',
  reset: 'dry-run config no-expand-env',
  restore:
    'o txid parallelism if-db-not-exists if-replica-exists timestamp dry-run force json f follow-interval integrity-check config no-expand-env',
  start: 'timeout socket json',
  status: 'json config no-expand-env',
  stop: 'timeout socket json',
  sync: 'timeout socket wait json',
  unregister: 'timeout socket dry-run json',
  version: 'verbose',
};

test('every command and flag of Litestream is here, and every other one is in differences.md', async () => {
  for (const [name, { load, hidden }] of Object.entries(commands)) {
    if (hidden) continue;
    const theirs = flagsOfLitestream[name]?.split(' ');
    const ours = Object.keys((await load()).flags);
    if (theirs === undefined) assert.ok(page.includes(`\`${name}\``), name);
    else {
      assert.deepEqual(
        theirs.filter((flag) => !ours.includes(flag)),
        [],
        name,
      );
      const added = ours.filter((flag) => !theirs.includes(flag));
      for (const flag of added) assert.match(page, new RegExp(`\`(${name} )?-${flag}\\b`), `${name} -${flag}`);
    }
  }
  assert.deepEqual(
    Object.keys(flagsOfLitestream).filter((name) => !(name in commands)),
    [],
  );
});

test('every key of the config file that Litestream does not have is in differences.md', () => {
  const ownKeys = ({ properties = {} }: DescribedSchema): string[] =>
    Object.entries(properties).flatMap(([name, key]) => (key.ours && !key.later ? [name] : ownKeys(key.items ?? key)));
  const keys = new Set(ownKeys(describedConfigSchema()));
  assert.ok(keys.size >= 10);
  for (const key of keys) assert.match(page, new RegExp(`\`${key}\\b`), key);
});
