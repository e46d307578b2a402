import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { askControl } from '../../src/control/control-client.ts';
import { temporaryFolder } from '../engine/restore/restore-to-folder.ts';
import { Application } from '../sqlite/application.ts';
import { Daemon } from '../support/daemon.ts';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';

const page = readFileSync(join(projectRoot, 'docs/reference/json.md'), 'utf8');
const controlPage = readFileSync(join(projectRoot, 'docs/control.md'), 'utf8');

/** The fields of each section: their paths and types. `or none`: it may be missing, or null. */
const documented = new Map(
  page.split(/^## /m).flatMap((section) => {
    const rows = [...section.matchAll(/^\| `(\S+)` \| (string|number|boolean)( or none)? \|/gm)];
    const fields = rows.map(
      ([, path = '', type = '', none]) => [path, { type, required: none === undefined }] as const,
    );
    return fields.length === 0 ? [] : [[section.slice(0, section.indexOf('\n')), new Map(fields)] as const];
  }),
);

/** Every leaf of a JSON value with its path; lists count as one. */
function leaves(value: unknown, path = ''): (readonly [path: string, value: unknown])[] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, path === '' ? '' : `${path}[]`));
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`));
}

/** Holds what a command printed against its section. */
function check(section: string, value: unknown): void {
  const fields = documented.get(section);
  assert.ok(fields !== undefined, `json.md has no section ${section}`);
  const found = leaves(value);
  for (const [path, leaf] of found) {
    const field = fields.get(path);
    assert.ok(field !== undefined, `${section} prints ${path}, which json.md does not have`);
    assert.ok(
      typeof leaf === field.type || (leaf === null && !field.required),
      `${section}: ${path} is ${String(leaf)}`,
    );
  }
  const missing = [...fields].filter(([path, { required }]) => required && !found.some(([name]) => name === path));
  assert.deepEqual(missing, [], section);
  for (const [path] of found) seen.add(`${section}: ${path}`);
}

const seen = new Set<string>();

/** What the scene below does not come to. */
const neverSeen = ['error', 'shared_at', 'lease.error'];

test('json.md has every field that commands print with -json, and no other', async (t) => {
  const cwd = temporaryFolder(t);
  const application = new Application(join(cwd, 'app.db'));
  t.after(() => application.kill());
  await application.run('pragma journal_mode = wal', 'create table t (x)', 'insert into t values (1)');
  const replicas = 'replicas: [{path: replica}, {path: second, name: second}]';
  writeFileSync(
    join(cwd, 'c.yml'),
    `socket: {enabled: true, path: s.sock}\nlease: {enabled: true}\ndbs: [{path: app.db, ${replicas}}]\n`,
  );
  const daemon = new Daemon(t, ['-config', 'c.yml'], cwd);
  await daemon.line(/read the whole database/);
  const print = async (section: string, ...args: string[]) => {
    const [command = '', ...rest] = args;
    const isControl = ['info', 'list', 'sync', 'register', 'unregister', 'start', 'stop'].includes(command);
    const from = isControl ? ['-socket', 's.sock'] : command === 'version' ? [] : ['-config', 'c.yml'];
    const { code, stdout, stderr } = await litestream([command, '-json', ...from, ...rest], { cwd });
    assert.ok(code === 0 && stdout !== '', stderr);
    check(section, JSON.parse(stdout));
  };
  await print('sync', 'sync', '-wait', 'app.db');
  await print('info', 'info');
  await print('list', 'list');
  await print('register', 'register', '-replica', `file://${cwd}/third`, 'other.db');
  await print('unregister', 'unregister', 'other.db');
  await print('databases', 'databases');
  await print('status', 'status');
  await print('ltx', 'ltx', 'app.db');
  await print('doctor', 'doctor');
  await print('restore -dry-run', 'restore', '-dry-run', '-o', 'copy.db', 'app.db');
  await print('restore', 'restore', '-o', 'copy.db', 'app.db');
  await print('restore', 'restore', '-check', 'app.db');
  await print('version', 'version', '-verbose');
  await checkRoutes(join(cwd, 's.sock'), join(cwd, 'app.db'));
  await print('stop', 'stop', 'app.db');
  await print('start', 'start', 'app.db');
  assert.equal(await daemon.stop(), 0);
  const unseen = [...documented].flatMap(([section, fields]) =>
    [...fields.keys()].map((path) => `${section}: ${path}`).filter((field) => !seen.has(field)),
  );
  assert.deepEqual(
    unseen.filter((field) => !neverSeen.some((name) => field.endsWith(name))),
    [],
  );
});

/** The last column of the table of routes names what an answer holds, and in brackets the values that a field takes. */
async function checkRoutes(socketPath: string, path: string): Promise<void> {
  const rows = [...controlPage.matchAll(/^\| (`(?:GET|POST) .+?) \|(.*?)\| (.+?) \|$/gm)];
  const routes = rows.flatMap(([, names = '', , answer = '']) =>
    [...names.matchAll(/`(\S+ \S+?)`/g)].map(([, route = '']) => [route, answer] as const),
  );
  assert.deepEqual(
    routes.map(([route]) => route),
    [
      'GET /info',
      'GET /list',
      'GET /txid',
      'POST /sync',
      'POST /start',
      'POST /stop',
      'POST /register',
      'POST /unregister',
    ],
  );
  for (const [route, answer] of routes) {
    const names = new Set([...answer.replace(/\(.*?\)/g, '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const isOther = route.endsWith('register');
    const other = { path: `${path}-other`, replica_url: `file://${path}-replica`, timeout: 5 };
    const body = route.startsWith('GET') ? undefined : isOther ? other : { path, timeout: 5 };
    const asked = route === 'GET /txid' ? `${route}?path=${path}` : route;
    const got = await askControl<object>({ socketPath, route: asked, body, timeoutMs: 5_000 });
    for (const [field] of leaves(got)) {
      for (const name of field.split(/[.[\]]+/).filter(Boolean))
        assert.ok(names.has(name), `${route} answers ${field}`);
    }
  }
}
