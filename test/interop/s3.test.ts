import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../engine/until.ts';
import { insert, LeaseHost } from '../lease/lease-host.ts';
import { S3Server } from '../support/s3-server.ts';
import { Writer } from '../support/writer.ts';
import { findLitestreamReader, readMoments } from './litestream-reader.ts';

const reader = findLitestreamReader();
const missing = 'path' in reader ? false : `Litestream's reader is not here: ${reader.missing}`;
const queries = ['select id from t order by id', 'pragma integrity_check'];
const more = [
  'levels: [{interval: 200ms}, {interval: 400ms}, {interval: 1s}]',
  'snapshot: {interval: 1s, retention: 1m}',
  'l0-retention: 500ms',
  'l0-retention-check-interval: 100ms',
];

test("Litestream's reader reads a replica in S3 with all levels, now and at moments", { skip: missing }, async (t) => {
  await using server = await S3Server.start();
  const url = server.url('deep/app');
  const host = new LeaseHost(t, { server, owner: 'host', replicas: [url], more });
  const replica = join(server.bucketFolder, 'deep/app');
  const txids = (level: number) => {
    const folder = join(replica, `000${level}`);
    return existsSync(folder) ? readdirSync(folder).map((name) => Number.parseInt(name.slice(17, 33), 16)) : [];
  };
  const newest = () => Math.max(0, ...txids(0));
  const momentsMs: number[] = [];
  await host.run(insert(1));
  host.start();
  await using writer = new Writer(host.path);
  await host.acquired(1);
  // The first file of an epoch stays for long.
  const isThinned = () => [1, 2, 3, 9].every((level) => txids(level).length > 0) && !txids(0).includes(2);
  for (let id = 2; !isThinned(); id++) {
    const before = newest();
    await writer.run(insert(id));
    await until('it is shipped', () => newest() > before);
    await delay(3); // Litestream leaves a file out whose time is that very millisecond
    momentsMs.push(Date.now());
    await delay(3);
  }
  assert.equal(await host.end('SIGTERM'), 0);
  assert.deepEqual(
    readdirSync(replica)
      .filter((name) => name.endsWith('.json'))
      .sort(),
    ['lock-probe.json', 'lock.json'],
  );

  const extension = 'path' in reader ? reader.path : '';
  const asked = [Math.floor(momentsMs.length / 2), -2, -1].map((at) => momentsMs.at(at)!);
  const read = readMoments({ extension, url, folder: host.folder, env: server.environment }, asked, queries);
  const states = read.map(({ answers }) => answers[0]!.split('\n').map(Number));
  for (const [i, moment] of asked.entries()) {
    assert.deepEqual(states[i], await host.restored('app.db', { timestamp: new Date(moment) }), `moment ${i}`);
  }
  assert.deepEqual(states.at(-1), await host.rows());
  assert.ok(
    states[0]!.length < states[1]!.length && states[1]!.length < states[2]!.length,
    'they are different moments',
  );
  assert.ok(read.every(({ answers }) => answers[1] === 'ok'));
});
