import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { call, McpScene } from './mcp-scene.ts';

const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
const accepted = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `fetch` does not let a caller choose the Host. */
function ask(url: string, { method = 'POST', path = '/mcp', headers = {}, body: sent = body }: Asked = {}) {
  return new Promise<{ status: number; text: string; challenge: string | undefined }>((resolve, reject) => {
    const asking = request(new URL(path, url), { method, headers: { ...accepted, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      const challenge = response.headers['www-authenticate'];
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, challenge }));
    });
    asking.on('error', reject).end(method === 'POST' ? sent : undefined);
  });
}

test('tools are served to programs of this machine, and to no page of a site', async (t) => {
  const { url, daemon } = await McpScene.open(t);
  for (const path of ['/mcp', '/']) assert.match((await ask(url, { path })).text, /litestream_status/, path);
  const { port } = new URL(url);
  const foreign = [
    { host: 'evil.example' },
    { host: `evil.example:${port}` },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  for (const headers of foreign) {
    const { status, text } = await ask(url, { headers });
    assert.deepEqual([status, /litestream_/.test(text)], [403, false], JSON.stringify(headers));
  }
  assert.equal((await ask(url, { path: '/other' })).status, 404);
  for (const method of ['GET', 'DELETE', 'PUT']) assert.equal((await ask(url, { method })).status, 405, method);
  assert.equal((await ask(url, { body: 'no json' })).status, 400);
  assert.equal((await ask(url, { body: `"${'x'.repeat(1 << 20)}"` })).status, 413);
  assert.equal((await ask(url, { headers: { 'content-type': 'text/plain' } })).status, 415);
  assert.equal(await daemon.stop(), 0);
});

test('tools with a token are served to those that carry it', async (t) => {
  const token = 'a-token-of-some-length';
  const scene = await McpScene.open(t, `mcp-token: ${token}`);
  const none = await ask(scene.url);
  assert.deepEqual([none.status, none.challenge, /litestream_/.test(none.text)], [401, 'Bearer', false]);
  assert.equal((await ask(scene.url, { headers: { authorization: `Bearer ${token}x` } })).status, 403);
  await assert.rejects(scene.client(), /401|token/);
  const client = await scene.client({ authorization: `Bearer ${token}` });
  assert.equal((await call(client, 'status')).data.total, 1);
});
