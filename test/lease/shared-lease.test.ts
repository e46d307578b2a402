import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { decodeLeaseRecord } from '../../src/replica/lease/lease-record.ts';
import { until } from '../engine/until.ts';
import { isRunning, shardPids } from '../service/store/store-scene.ts';
import { S3Server } from '../support/s3-server.ts';
import { type HostOptions, insert, LeaseHost } from './lease-host.ts';

const names = ['one.db', 'two.db', 'three.db'];

let server: S3Server;
let pathCount = 0;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

/** A place in the bucket for the databases of a directory. */
class SharedPlace {
  readonly name = `shared-${++pathCount}`;
  readonly #test: TestContext;

  constructor(test: TestContext) {
    this.#test = test;
  }

  host(owner: string, options: Partial<HostOptions> = {}): LeaseHost {
    return new LeaseHost(this.#test, {
      owner,
      server,
      what: 'directory',
      replicas: [server.url(this.name)],
      ...options,
    });
  }

  /** A host that replicates three databases with a row each. */
  async holder(options: Partial<HostOptions> = {}): Promise<LeaseHost> {
    const host = this.host('host-a', options);
    for (const name of names) await host.runOn(name, insert(1));
    host.start();
    await Promise.all(names.map((name) => host.shipped(1, name)));
    return host;
  }

  /** The lease object in a folder of the place. */
  lock(folder = '') {
    const path = join(server.bucketFolder, this.name, folder, 'lock.json');
    return decodeLeaseRecord(readFileSync(path), path);
  }
}

async function requireHandOver(place: SharedPlace, options: Partial<HostOptions> = {}): Promise<LeaseHost> {
  const a = await place.holder(options);
  const { generation, owner, nonce, sharedAt } = place.lock();
  assert.deepEqual([generation, owner, sharedAt], [1, 'host-a', undefined]);
  const pointers = names.map((name) => place.lock(name));
  assert.deepEqual(
    pointers.map((each) => [each.sharedAt, each.owner]),
    names.map(() => ['..', 'host-a']),
  );
  const b = place.host('host-b', options);
  await Promise.all(names.map((name) => b.restore(name, join(b.folder, name))));
  b.start();
  await b.logged(/held by another process.*holder=host-a/);
  await until('the shared lease is renewed', () => place.lock().nonce !== nonce);
  assert.equal(await a.end('SIGTERM'), 0);
  await b.acquired(2);
  await Promise.all(
    names.map(async (name) => {
      await b.runOn(name, insert(2));
      await b.shipped(2, name);
    }),
  );
  assert.equal(b.logs.filter((line) => /lease acquired/.test(line)).length, 1);
  assert.deepEqual(
    names.map((name) => place.lock(name)),
    pointers,
    'the locks of the databases are not written again',
  );
  return b;
}

describe('databases of a directory', { concurrency: 6 }, () => {
  it('share one lease, and another host takes all of them over when its holder stops', async (t) => {
    const b = await requireHandOver(new SharedPlace(t));
    assert.ok(existsSync(join(b.folder, '.shared-litestream', 'lease-s3.json')));
    assert.equal(await b.end('SIGTERM'), 0);
  });

  it('do so from child processes too, one of which comes back under the lease after it was killed', async (t) => {
    const place = new SharedPlace(t);
    const b = await requireHandOver(place, { more: ['workers: 2'] });
    const [killed, other] = shardPids(b.pid);
    assert.ok(killed !== undefined && other !== undefined);
    process.kill(killed, 'SIGKILL');
    await b.logged(/a process of the replication broke down/);
    await Promise.all(
      names.map(async (name) => {
        await b.runOn(name, insert(3));
        await b.shipped(3, name);
      }),
    );
    assert.deepEqual([place.lock().owner, shardPids(b.pid).includes(other)], ['host-b', true]);
    assert.equal(await b.end('SIGTERM'), 0);
    assert.equal(place.lock().owner, '');
  });

  it('are taken back at once with their lease by a host that was killed', async (t) => {
    const place = new SharedPlace(t);
    const a = await place.holder({ ttl: '600s' });
    await a.end('SIGKILL');
    a.start();
    await a.logged(/lease acquired.* epoch=2 /, 20_000);
    await a.runOn('two.db', insert(2));
    await a.shipped(2, 'two.db');
  });

  it('are let go of by child processes whose parent was killed, and taken back at once by the next ones', async (t) => {
    const place = new SharedPlace(t);
    const a = await place.holder({ ttl: '600s', more: ['workers: 2'] });
    const pids = shardPids(a.pid);
    assert.equal(pids.length, 2);
    await a.end('SIGKILL');
    await until('they have ended', () => !pids.some(isRunning), { timeoutMs: 30_000 });
    a.start();
    await a.logged(/lease acquired.* epoch=2 /, 20_000);
  });

  it('of one host are not waited for by hosts that have others, or one of them alone', async (t) => {
    const place = new SharedPlace(t);
    const a = await place.holder();
    const stranger = place.host('host-b');
    await stranger.runOn('other.db', insert(1));
    const replicas = [server.url(`${place.name}/one.db`)];
    const single = new LeaseHost(t, { owner: 'single', server, replicas });
    const once = (host: LeaseHost) => host.litestream('replicate', '-once');
    const [other, one, text, json] = await Promise.all([
      once(stranger),
      once(single),
      a.litestream('status'),
      a.litestream('status', '-json'),
    ]);
    assert.deepEqual([other.code, one.code, text.code, json.code], [1, 1, 0, 0]);
    assert.match(other.stderr, /host-a holds the lease of s3:\S+ and does not replicate this database: give one/);
    assert.match(
      one.stderr,
      /its database is replicated with others, first by host-a, under the lease at \.\. from here/,
    );

    assert.match(text.stdout, / age +lease\n(\S+\.db .* host-a until \d{4}-\S+Z, epoch 1\n?){3}$/);
    const [{ replicas: listed }] = JSON.parse(json.stdout) as [{ replicas: [{ lease: Record<string, unknown> }] }];
    const { holder, until: untilText, epoch } = listed[0].lease;
    assert.deepEqual([holder, epoch], ['host-a', 1]);
    assert.ok(Math.abs(Date.parse(String(untilText)) - Date.now()) < 60_000);
    const alone = JSON.parse((await single.litestream('status', '-json')).stdout);
    assert.deepEqual(alone[0].replicas[0].lease, { shared_at: '..' });
  });

  it('one of them that another host replicates alone waits until that one is gone', async (t) => {
    const place = new SharedPlace(t);
    const single = new LeaseHost(t, { owner: 'single', server, replicas: [server.url(`${place.name}/app.db`)] });
    await single.run(insert(1));
    single.start();
    await single.shipped(1);
    const a = place.host('host-a');
    await a.runOn('two.db', insert(1));
    await a.restore('app.db', a.path);
    a.start();
    await a.shipped(1, 'two.db');
    await a.logged(/Cannot replicate under a shared lease: the lock of \S+ says that single holds it/);
    assert.equal(await single.end('SIGTERM'), 0);
    await a.run(insert(2));
    await a.shipped(2);
    assert.equal(place.lock('app.db').sharedAt, '..');
  });
});
