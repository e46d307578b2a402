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

describe('databases of a directory', { concurrency: 5 }, () => {
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

  it('are let go of by child processes whose parent was killed', async (t) => {
    const place = new SharedPlace(t);
    const a = await place.holder({ more: ['workers: 2'] });
    const pids = shardPids(a.pid);
    assert.equal(pids.length, 2);
    await a.end('SIGKILL');
    await until('they have ended', () => !pids.some(isRunning), { timeoutMs: 30_000 });
    a.start();
    await a.acquired(2);
  });

  it('that another host holds under this place are named, not waited for', async (t) => {
    const place = new SharedPlace(t);
    await place.holder();
    const b = place.host('host-b');
    await b.runOn('other.db', insert(1));
    const { code, stderr } = await b.litestream('replicate', '-once');
    assert.equal(code, 1);
    assert.match(stderr, /host-a holds the lease of s3:\S+ and does not replicate this database: give one/);
  });

  it('one of them alone is not taken by a host that is set up for it, which is told who replicates it', async (t) => {
    const place = new SharedPlace(t);
    await place.holder();
    const single = new LeaseHost(t, { owner: 'single', server, replicas: [server.url(`${place.name}/one.db`)] });
    const { code, stderr } = await single.litestream('replicate', '-once');
    assert.equal(code, 1);
    assert.match(stderr, /replicated with others, under the lease at \.\. /);
    assert.match(stderr, /host-a/);
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
