import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import {
  defaultAutoRecover,
  defaultConfig,
  defaultSettings,
  defaultSyncIntervalMs,
} from '../../src/config/defaults.ts';
import { type ConfigEnvironment, readConfigFile, readConfigFileIfAny } from '../../src/config/read-file.ts';
import { projectRoot } from '../support/project-root.ts';

async function withFile(
  text: string,
  use: (file: string, environment: ConfigEnvironment) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'config-'));
  const file = join(directory, 'litestream.yml');
  await writeFile(file, text);
  const variables = { DATA: '/data', LITESTREAM_CONFIG: file };
  try {
    const places = { workingDirectory: directory, homeDirectory: '/home/me', processorCount: 1 };
    await use(file, { ...places, variables, processId: 7 });
  } finally {
    await rm(directory, { recursive: true });
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax under test
const text = 'dbs: [{path: $DATA/$PID.db, replica: {path: "${MISSING}/b"}}]';

test('readConfigFile expands variables, reports missing ones and finds the file by LITESTREAM_CONFIG', async () => {
  await withFile(text, async (file, environment) => {
    const loaded = await readConfigFile({}, environment);
    assert.equal(loaded.file, file);
    assert.deepEqual(loaded.missingVariables, ['MISSING']);
    assert.equal(loaded.config.databases[0]?.path, '/data/7.db');
    assert.equal(loaded.config.databases[0]?.replicas[0]?.url, 'file:///b');
  });
});

test('readConfigFile keeps variables when told to', async () => {
  await withFile(text, async (_, environment) => {
    const { config } = await readConfigFile({ file: 'litestream.yml', variables: 'keep' }, environment);
    assert.equal(config.databases[0]?.path, join(environment.workingDirectory, '$DATA/$PID.db'));
  });
});

test('readConfigFile names a file that is not there, is a directory or is wrong', async () => {
  await withFile('dbz: 1', async (file, environment) => {
    const code = (wanted: string, part: string) => (error: unknown) =>
      error instanceof ConfigError && error.code === wanted && error.message.includes(part);
    await assert.rejects(readConfigFile({ file: '/none.yml' }, environment), code('not-found', '/none.yml'));
    await assert.rejects(readConfigFile({ file: '.' }, environment), code('unreadable', environment.workingDirectory));
    await assert.rejects(
      readConfigFile({}, environment),
      code('invalid', `${file}:1:1: dbz is an unknown key, did you mean dbs`),
    );
  });
});

test('readConfigFileIfAny passes over the default file alone', async () => {
  await withFile('', async (_, environment) => {
    const gone = { ...environment, variables: { LITESTREAM_CONFIG: '/none.yml' } };
    await assert.rejects(readConfigFileIfAny({}, gone), ConfigError);
    await assert.rejects(readConfigFileIfAny({ file: '/none.yml' }, { ...environment, variables: {} }), ConfigError);
    assert.ok((await readConfigFileIfAny({}, environment)) !== undefined);
  });
});

test('readConfigFile takes the annotated litestream.yml of this project, whose values are the defaults', async () => {
  const file = join(projectRoot, 'litestream.yml');
  const environment = { workingDirectory: '/', homeDirectory: '/root', processorCount: 1, processId: 1, variables: {} };
  const { config } = await readConfigFile({ file }, environment);
  const { databases, directories, ...global } = config;
  const { databases: none, directories: noDirectories, ...defaults } = defaultConfig(1);
  assert.deepEqual([none, noDirectories], [[], []]);
  assert.deepEqual(global, defaults);
  assert.equal(databases[0]?.replicas.length, 2);
  assert.equal(databases[0]?.replicas[0]?.syncIntervalMs, defaultSyncIntervalMs);
  assert.equal(databases[0]?.replicas[0]?.autoRecover, defaultAutoRecover);
  assert.match(await readFile(file, 'utf8'), /^ +auto-recover: false /m);
  for (const [key, value] of Object.entries(defaultSettings))
    assert.deepEqual(databases[0]?.[key as never], value, key);
  assert.equal(directories[0]?.pattern, '*.db');
});
