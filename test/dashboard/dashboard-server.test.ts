import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { test } from 'node:test';
import type { FullState, PlanView, RestoreView, Timeline } from '../../src/dashboard/page-messages.ts';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { litestream } from '../support/litestream-cli.ts';
import { DashboardScene } from './dashboard-scene.ts';

const token = 'a-token-of-some-length';

async function body<T>(response: Response, status = 200): Promise<T> {
  const answer: unknown = await response.json();
  assert.equal(response.status, status, JSON.stringify(answer));
  return answer as T;
}

/** The states that the stream begins with. */
async function fullState(scene: DashboardScene): Promise<FullState> {
  const response = await scene.get('events');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('\n\n')) text += (await reader.read()).value ?? '';
  await reader.cancel();
  const [, data = ''] = /^event: full\ndata: (.+)\n\n/.exec(text) ?? [];
  return JSON.parse(data) as FullState;
}

test('the dashboard serves a page that loads nothing from elsewhere, and says what it does not serve', async (t) => {
  const scene = await DashboardScene.open(t);
  const page = await scene.get('');
  assert.equal(page.status, 200);
  const policy = page.headers.get('content-security-policy')!;
  assert.match(policy, /default-src 'none'; script-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  for (const file of ['page.js', 'page.css', 'icon.svg']) assert.equal((await scene.get(file)).status, 200, file);
  assert.equal((await scene.get('../litestream.yml')).status, 404);
  assert.equal((await scene.get('page/page.js')).status, 404);
  assert.equal((await scene.post('events', {})).status, 404);
});

test('the dashboard without a token answers programs of this machine only', async (t) => {
  const scene = await DashboardScene.open(t);
  const asked = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(scene.url);
      const asking = request({ port, host: '127.0.0.1', path: '/events', headers: { host } }, (response) => {
        resolve(response.statusCode);
        response.destroy();
      });
      asking.on('error', reject).end();
    });
  assert.equal(await asked(new URL(scene.url).host), 200);
  assert.equal(await asked('evil.example'), 403);
  assert.equal((await scene.get('events', { origin: 'https://evil.example' })).status, 403);
});

test('the dashboard with a token shows what asks for it, keeps it in a cookie, and gives nothing without it', async (t) => {
  const scene = await DashboardScene.open(t, { dashboard: `, token: ${token}` });
  const page = await scene.get('');
  assert.equal(page.status, 401);
  assert.match(await page.text(), /name="token"/);
  for (const path of ['events', 'page.js', scene.query('api/plan', 'app.db')])
    assert.equal((await scene.get(path)).status, 401, path);
  assert.equal((await scene.post('api/restores', {})).status, 401);
  const login = (value: string) =>
    fetch(new URL('login', scene.url), {
      method: 'POST',
      body: new URLSearchParams({ token: value }),
      redirect: 'manual',
    });
  assert.equal((await login('wrong')).status, 403);
  const accepted = await login(token);
  assert.equal(accepted.status, 303);
  const cookie = accepted.headers.get('set-cookie')!;
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.match(await (await scene.get('', { cookie: cookie.split(';')[0]! })).text(), /page\.js/);
  assert.equal((await scene.get('page.js', { authorization: `Bearer ${token}` })).status, 200);
  assert.equal(
    scene.daemon.lines.some((line) => line.includes(token)),
    false,
  );
});

test('an address that other machines reach needs a token', async (t) => {
  const scene = await DashboardScene.open(t);
  const config = scene.path('open.yml');
  writeFileSync(config, 'dashboard: {addr: "0.0.0.0:0"}\ndbs: [{path: a.db, replica: {path: b}}]\n');
  const { code, stderr } = await litestream(['replicate', '-config', config]);
  assert.equal(code, 1);
  assert.match(stderr, /dashboard\.addr 0\.0\.0\.0 is reached by other machines without a token/);
  assert.match(stderr, /Set dashboard\.token/);
});

test('the stream begins with every database, the last log lines, and when the process began', async (t) => {
  const scene = await DashboardScene.open(t, { names: ['app.db', 'two.db'] });
  const full = await until('both are well', async () => {
    const state = await fullState(scene);
    return state.databases.every(({ replicas }) => replicas[0]?.state === 'current') ? state : undefined;
  });
  assert.deepEqual(
    full.databases.map(({ path, state, replicas }) => [path, state, replicas[0]?.state]),
    ['app.db', 'two.db'].map((name) => [scene.path(name), 'replicating', 'current']),
  );
  assert.ok(full.databases.every(({ sizeBytes }) => (sizeBytes ?? 0) > 0));
  assert.ok(
    full.events.some(({ message, db }) => message === 'read the whole database' && db === scene.path('two.db')),
  );
  assert.ok(full.startedAtMs <= full.nowMs);
});

test('a plan names the files, the bytes and the command that restores just that state', async (t) => {
  const scene = await DashboardScene.open(t);
  const first = await body<PlanView>(await scene.get(scene.query('api/plan', 'app.db')));
  await scene.write();
  const later = await until(
    'a newer state',
    async () => {
      const plan = await body<PlanView>(await scene.get(scene.query('api/plan', 'app.db')));
      return plan.txid > first.txid ? plan : undefined;
    },
    { timeoutMs: 30_000 },
  );
  assert.equal(
    later.bytes,
    later.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  assert.equal(later.isMeasured, false);
  const timestamp = String(first.timestampMs);
  const moment = await body<PlanView>(await scene.get(scene.query('api/plan', 'app.db', { timestamp })));
  assert.equal(moment.txid, first.txid);
  const [program, ...args] = moment.command.split(' ');
  assert.equal(program, 'litestream');
  const { code, stderr } = await litestream(args);
  assert.equal(code, 0, stderr);
  await using application = new Application(scene.path(moment.fileName));
  assert.deepEqual(await application.run('select count(*) from t'), [[3]]);
});

test('a timeline holds every file with its times, and what can be restored', async (t) => {
  const scene = await DashboardScene.open(t);
  await scene.write();
  const timeline = await until(
    'two files',
    async () => {
      const found = await body<Timeline>(await scene.get(scene.query('api/timeline', 'app.db')));
      return found.files.length > 1 ? found : undefined;
    },
    { timeoutMs: 30_000, everyMs: 500 },
  );
  assert.equal(
    timeline.totalBytes,
    timeline.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  assert.ok(timeline.files.some(({ isExact }) => isExact));
  assert.ok(timeline.range!.fromMs < timeline.range!.toMs);
  for (const { fromMs, toMs } of timeline.files) assert.ok(fromMs <= toMs);
});

test('a timeline holds the TXID that is asked for, however new a listing without it is', async (t) => {
  const scene = await DashboardScene.open(t);
  const shipped = async () => (await fullState(scene)).databases[0]!.replicas[0]!.txid!;
  for (let txid = 2; txid <= 4; txid++) {
    await body<PlanView>(await scene.get(scene.query('api/plan', 'app.db')));
    await scene.write();
    const newest = await until('it is shipped', async () => (Number(await shipped()) >= txid ? shipped() : undefined));
    const { files } = await body<Timeline>(await scene.get(scene.query('api/timeline', 'app.db', { txid: newest })));
    assert.ok(
      files.some(({ maxTxid }) => maxTxid >= newest),
      `${newest} is there`,
    );
  }
});

test('a restore from the page puts a verified file beside the database, and never over one that is there', async (t) => {
  const scene = await DashboardScene.open(t);
  const plan = await body<PlanView>(await scene.get(scene.query('api/plan', 'app.db')));
  const asked = (fileName: string) =>
    scene.post('api/restores', { db: scene.path('app.db'), replica: 'file', txid: plan.txid, fileName });
  const ended = (id: number) =>
    until('its end', async () =>
      (await fullState(scene)).restores.find((one) => one.id === id && one.state !== 'running'),
    );
  const { id } = await body<RestoreView>(await asked('side.db'));
  const done = await ended(id);
  assert.deepEqual([done.state, done.error], ['done', undefined]);
  await using application = new Application(scene.path('side.db'));
  assert.deepEqual(await application.run('select count(*) from t'), [[3]]);

  const again = await ended((await body<RestoreView>(await asked('side.db'))).id);
  assert.equal(again.state, 'failed');
  assert.match(again.error!, /there is a file of that name/);
  for (const name of ['app.db', '../away.db', '', 'app.db-wal', 'x.tmp']) {
    const { error } = await body<{ error: string }>(await asked(name), 400);
    assert.match(error, /^Cannot restore to/, name);
  }
  assert.equal(existsSync(scene.path('../away.db')), false);
  const left = readdirSync(scene.path('.')).filter((name) => /restor|tmp/.test(name));
  assert.deepEqual(left, []);
});

test('what the page asks for wrongly is refused with what is wrong', async (t) => {
  const scene = await DashboardScene.open(t);
  const refused = async (response: Response, status: number) => (await body<{ error: string }>(response, status)).error;
  assert.match(await refused(await scene.get(scene.query('api/plan', 'none.db')), 404), /it is not replicated/);
  const other = scene.query('api/timeline', 'app.db', { replica: 's3' });
  assert.match(await refused(await scene.get(other), 404), /there is none of that name/);
  assert.match(await refused(await scene.get('api/plan'), 400), /db /);
  assert.match(await refused(await scene.get(scene.query('api/plan', 'app.db', { timestamp: 'x' })), 400), /as a time/);
  const early = scene.query('api/plan', 'app.db', { timestamp: '1000' });
  assert.match(await refused(await scene.get(early), 409), /before the first state/);
  assert.match(await refused(await scene.post('api/restores', { db: 1 }), 400), /Cannot read the request: db/);
  const form = await scene.post('api/restores', {}, { 'content-type': 'text/plain' });
  assert.match(await refused(form, 400), /it is not JSON/);
  assert.match(await refused(await scene.post('api/restores/cancel', { id: 7 }), 404), /it does not run/);
  const large = await scene.post('api/restores', { db: 'x'.repeat(70_000) });
  assert.match(await refused(large, 400), /too large/);
});
