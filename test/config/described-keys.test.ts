import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type DescribedSchema, describedConfigSchema } from '../../src/config/schema/json-schema.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { litestream } from '../support/litestream-cli.ts';

/** What makes every setting appear that is off without it. */
const config = `
heartbeat-url: https://example.com/
socket: {enabled: true}
mcp-addr: 127.0.0.1:1
dbs:
  - dir: /data
    pattern: "*.db"
    replicas:
      - path: /backup
      - url: s3://bucket/app
`;

const given = 'socket.enabled';

/** Which entry of a list of the printed file shows the keys of its schema. */
const shown: Readonly<Record<string, number>> = { dbs: 0, replicas: 1 };

/** In the schema's order: the path of each key, and what the schema says of it. */
function keysOf(schema: DescribedSchema, path: readonly string[] = []): (readonly [string[], DescribedSchema])[] {
  const { properties = {} } = schema;
  return Object.entries(properties).flatMap(([name, key]): (readonly [string[], DescribedSchema])[] => {
    const place = [...path, name];
    return [[place, key], ...keysOf(key.items ?? key, place)];
  });
}

test('describedConfigSchema: every key has a description, but for those of replica types to come', () => {
  const bare = keysOf(describedConfigSchema()).filter(([, { description }]) => description === undefined);
  assert.ok(keysOf(describedConfigSchema()).length > 150);
  const foreign = new Set(
    keysOf(describedConfigSchema()).flatMap(([[entry, , name], { later }]) =>
      entry === 'dbs' && later && name !== undefined ? [name] : [],
    ),
  );
  assert.deepEqual(
    bare.filter(([path]) => !foreign.has(path.at(-1)!)).map(([path]) => path.join('.')),
    [],
  );
});

test('describedConfigSchema: the defaults it names are those in effect', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'c.yml'), config);
  const { stdout, stderr } = await litestream(['config', '-config', 'c.yml'], { cwd });
  assert.equal(stderr, '');
  // Every scalar as its text, as the program reads it: 0600 is no number.
  const printed: unknown = parse(stdout, { schema: 'failsafe' });
  let compared = 0;
  for (const [path, { initial }] of keysOf(describedConfigSchema())) {
    if (initial === undefined || !isShown(path)) continue;
    assert.equal(at(printed, path), String(initial), path.join('.'));
    compared += 1;
  }
  assert.ok(compared > 30, `${compared}`);
});

/** What may stand at the top of the file for all is printed beside each database or replica, each replica among `replicas`. */
function isShown(path: readonly string[]): boolean {
  const [first = '', second = ''] = path;
  if (first === 'dbs') return second !== 'replica';
  const { dbs } = describedConfigSchema().properties!;
  const database = dbs!.items!.properties!;
  return path.join('.') !== given && !(first in database) && !(first in database.replicas!.items!.properties!);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => {
    const found = (inner as Readonly<Record<string, unknown>> | undefined)?.[name];
    return Array.isArray(found) ? found[shown[name] ?? 0] : found;
  }, value);
}
