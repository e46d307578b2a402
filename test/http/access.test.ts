import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { refusal } from '../../src/http/access.ts';

const token = 'a-token-of-some-length';

function statusFor(headers: Record<string, string>, wanted?: string): number | undefined {
  return refusal({ headers } as unknown as IncomingMessage, { token: wanted })?.status;
}

test('refusal lets those in that carry the token as a header or a cookie, whatever host they ask for', () => {
  assert.equal(statusFor({ authorization: `Bearer ${token}`, host: 'example.com' }, token), undefined);
  assert.equal(statusFor({ cookie: `a=b; litestream-token=${token}; c` }, token), undefined);
  assert.equal(statusFor({ host: 'localhost' }, token), 401);
  assert.equal(statusFor({ authorization: 'Basic abc' }, token), 401);
  assert.equal(statusFor({ authorization: `Bearer ${token}x` }, token), 403);
  assert.equal(statusFor({ cookie: 'litestream-token=%' }, token), 401);
  assert.equal(statusFor({ cookie: 'litestream-token=wrong' }, token), 403);
});

test('refusal without a token refuses foreign names for this machine, and pages of other origins', () => {
  for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080']) {
    assert.equal(statusFor({ host }), undefined, host);
    assert.equal(statusFor({ host, origin: `http://${host}` }), undefined, host);
    assert.equal(statusFor({ host, origin: 'https://evil.example' }), 403, host);
    assert.equal(statusFor({ host, origin: 'null' }), 403, host);
  }
  for (const host of ['evil.example:8080', '127.0.0.1.evil.example', '', 'a b']) assert.equal(statusFor({ host }), 403);
  assert.equal(statusFor({}), 403);
});
