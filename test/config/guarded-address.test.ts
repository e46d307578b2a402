import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { guarded, isLoopback } from '../../src/config/guarded-address.ts';

const token = 'a-token-of-some-length';

test('guarded listens on this machine alone unless an address is named, and there only with a token', () => {
  assert.equal(guarded('dashboard.addr', undefined, token), undefined);
  assert.deepEqual(guarded('dashboard.addr', { host: undefined, port: 80 }, undefined), {
    address: { host: '127.0.0.1', port: 80 },
    token: undefined,
  });
  assert.deepEqual(guarded('mcp-addr', { host: '0.0.0.0', port: 80 }, token)?.address.host, '0.0.0.0');
  for (const [key, hint] of [
    ['dashboard.addr', /dashboard\.token/],
    ['mcp-addr', /mcp-token/],
  ] as const) {
    assert.throws(
      () => guarded(key, { host: '0.0.0.0', port: 80 }, undefined),
      (error) => error instanceof ConfigError && hint.test(error.hint ?? '') && error.message.includes(key),
    );
  }
});

test('isLoopback knows the names and addresses of this machine, and no name that only begins like one', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) assert.ok(isLoopback(host));
  for (const host of ['', '0.0.0.0', '::', '127.0.0.1.example.com', 'localhost.example.com', '128.0.0.1', '10.0.0.1'])
    assert.ok(!isLoopback(host), host);
});
