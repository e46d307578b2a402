import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DescribedSchema, describedConfigSchema } from '../../src/config/schema/json-schema.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';

const text = readFileSync(join(projectRoot, 'litestream.yml'), 'utf8');
/** A key that is commented out; prose has no word with a colon at its beginning. */
const commentedKey = /^( *)# ((?: *|- )[a-z0-9-]+:(?: |$).*)/;

/** The variables that the file names, all with values that are allowed where they stand. */
const variables = Object.fromEntries(
  [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'a-value-of-twenty-characters']),
);

function keyNames({ properties = {}, items }: DescribedSchema): string[] {
  const inner = items === undefined ? [] : keyNames(items);
  return [...inner, ...Object.entries(properties).flatMap(([name, key]) => [name, ...keyNames(key)])];
}

async function check(t: TestContext, content: string, why: string): Promise<void> {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'litestream.yml'), content);
  const { code, stderr } = await litestream(['config', '-check', '-config', 'litestream.yml'], { cwd, env: variables });
  assert.deepEqual([code, stderr], [0, ''], why);
}

test('the annotated config file has every key of the schema', () => {
  const names = new Set(keyNames(describedConfigSchema()));
  assert.ok(names.size > 90, `${names.size}`);
  const missing = [...names].filter((name) => !new RegExp(`(^|[^\\w-])${name}([^\\w-]|$)`, 'm').test(text));
  assert.deepEqual(missing, []);
});

test('the annotated config file is one that can be used, also with what it has commented out', async (t) => {
  await check(t, text, 'as it stands');
  let commented = 0;
  const all = text.replace(new RegExp(commentedKey, 'gm'), (_, indentation: string, key: string) => {
    commented += 1;
    return `${indentation}${key}`;
  });
  assert.ok(commented > 30, `${commented}`);
  await check(t, all, all);
});
