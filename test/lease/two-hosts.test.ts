import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { decodeLtxHeader } from '../../src/format/ltx/header.ts';
import { temporaryFolder } from '../engine/scene.ts';
import { until } from '../engine/until.ts';
import { litestream } from '../support/litestream-cli.ts';
import { S3Server } from '../support/s3-server.ts';
import { HeldBackProxy } from './held-back-proxy.ts';
import { type HostOptions, insert, LeaseHost, takeOverMs } from './lease-host.ts';

let server: S3Server;
let pathCount = 0;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

/** The SDK gives up on a request after a minute: no stop may wait for that. */
async function requirePromptStop(host: LeaseHost): Promise<void> {
  const startMs = performance.now();
  assert.equal(await host.end('SIGTERM'), 0);
  assert.ok(performance.now() - startMs < 20_000, 'it stopped without waiting for the store');
}

interface TwoHostsOptions extends Partial<HostOptions> {
  readonly endpointOfA?: string;
  readonly socketOfA?: string;
}

/** Two hosts that are set up for one place in the bucket. */
class TwoHosts {
  readonly a: LeaseHost;
  readonly b: LeaseHost;
  readonly place = `pair-${++pathCount}`;

  constructor(test: TestContext, options: TwoHostsOptions = {}) {
    const url = server.url(this.place);
    const endpointOfA = options.endpointOfA ?? server.endpoint;
    const replicas = [url.replace(server.endpoint, endpointOfA)];
    const socket = options.socketOfA === undefined ? [] : [`socket: {enabled: true, path: ${options.socketOfA}}`];
    const more = [...socket, ...(options.more ?? [])];
    this.a = new LeaseHost(test, { server, ...options, more, owner: 'host-a', replicas });
    this.b = new LeaseHost(test, { server, ...options, owner: 'host-b', replicas: [url] });
  }

  /** Host a holds the lease and has shipped row 1; host b stands by. */
  async begin(): Promise<void> {
    await this.a.run(insert(1));
    this.a.start();
    await this.a.acquired(1);
    await this.a.shipped(1);
    this.b.start();
    await this.b.logged(/held by another process.*holder=host-a/);
  }

  /** The epochs of level 0, by TXID. */
  epochs(): Map<number, number> {
    const folder = join(server.bucketFolder, this.place, '0000');
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.ltx'))
      .sort();
    return new Map(
      files.map((name) => [
        Number.parseInt(name.slice(17, 33), 16),
        decodeLtxHeader(readFileSync(join(folder, name))).epoch,
      ]),
    );
  }

  /** One lineage: no TXID twice or left out, epochs that never fall, and the database of the host that holds the lease. */
  async requireLineageOf(host: LeaseHost): Promise<void> {
    assert.deepEqual(await host.restored(), await host.rows());
    const epochs = [...this.epochs()];
    assert.ok(
      epochs.every(([, epoch], i) => i === 0 || epoch >= epochs[i - 1]![1]),
      JSON.stringify(epochs),
    );
  }

  /** The paused holder's host goes on, finds that it is superseded, and nothing of the replica changes by it. */
  async requireStepDown(lostRow: number): Promise<void> {
    const before = this.epochs();
    await this.a.logged(/lease lost, nothing is sent|lease not renewed in time/);
    await this.a.logged(/lease lost, nothing is sent/);
    await this.requireLineageOf(this.b);
    assert.deepEqual(this.epochs(), before);
    assert.ok(!(await this.b.restored()).includes(lostRow));
  }
}

describe('two hosts on S3', { concurrency: 8 }, () => {
  it('a holder that stood still past its ttl steps down, and one lineage is there', async (t) => {
    const hosts = new TwoHosts(t);
    await hosts.begin();
    await hosts.a.pause();
    await hosts.a.run(insert(50));
    await hosts.b.acquired(2);
    await hosts.b.logged(/restored the database/);
    await hosts.b.run(insert(2));
    await hosts.b.shipped(2);
    hosts.a.resume();
    await hosts.requireStepDown(50);
    assert.equal(await hosts.b.end('SIGTERM'), 0);
    await hosts.a.logged(/never shipped and another host has gone on without them/);
    await hosts.a.logged(/the database has [0-9a-f]{16} and no local state that leads there/);
    await hosts.a.logged(/lease given back/);
    assert.deepEqual(await hosts.b.restored(), [1, 2]);
    assert.equal(readdirSync(join(hosts.a.folder, '.app.db-litestream', 'quarantine')).length, 1);
  });

  it('a holder that lost its lease with nothing left to send is listed as standing by', async (t) => {
    const socketOfA = join(temporaryFolder(t), 'a.sock');
    const hosts = new TwoHosts(t, { socketOfA });
    const isListedAs = (state: string) => async () =>
      (await litestream(['list', '-socket', socketOfA])).stdout.includes(`app.db [${state}]`);
    await hosts.begin();
    await until('it is listed', isListedAs('replicating'), { timeoutMs: takeOverMs });
    await hosts.a.pause();
    await hosts.b.acquired(2);
    hosts.a.resume();
    await until('another one has the lease', isListedAs('standby'), { timeoutMs: takeOverMs });
    assert.equal(await hosts.b.end('SIGTERM'), 0);
    await until('it has the lease again', isListedAs('replicating'), { timeoutMs: takeOverMs });
  });

  it('a holder that stood still for longer than level-0 files are kept steps down', async (t) => {
    const more = ['levels: [{interval: 1s}, {interval: 2s}]', 'l0-retention: 1s', 'l0-retention-check-interval: 1s'];
    const hosts = new TwoHosts(t, { more });
    await hosts.begin();
    await hosts.a.pause();
    await hosts.a.run(insert(50));
    await hosts.b.acquired(2);
    for (let id = 2; id <= 9; id++) {
      await hosts.b.run(insert(id));
      await hosts.b.shipped(id);
    }
    await until('level 0 is thinned out', () => hosts.epochs().size < 6, { timeoutMs: 30_000 });
    assert.ok([...hosts.epochs().values()].includes(2));
    const epochFile = [...hosts.epochs()].find(([, epoch]) => epoch === 2)![0];
    assert.equal(epochFile, 2, 'the file that a late write would meet is kept');
    hosts.a.resume();
    await hosts.a.logged(/lease lost, nothing is sent/);
    await hosts.requireLineageOf(hosts.b);
    assert.ok(!(await hosts.b.restored()).includes(50));
  });

  it('an upload that was in flight when its sender was paused arrives late and is refused', async (t) => {
    await using proxy = await HeldBackProxy.start(server.endpoint);
    const hosts = new TwoHosts(t, { endpointOfA: proxy.endpoint });
    await hosts.begin();
    const held = proxy.holdBack(/^PUT \S*\/0000\//);
    await hosts.a.run(insert(50));
    await held;
    await hosts.a.pause();
    await hosts.b.acquired(2);
    await hosts.b.logged(/restored the database/);
    await hosts.b.run(insert(2));
    await hosts.b.shipped(2);
    proxy.release();
    hosts.a.resume();
    await hosts.requireStepDown(50);
  });

  it('an upload that was in flight lands before the new holder has written anything: it is history, then put right', async (t) => {
    await using proxy = await HeldBackProxy.start(server.endpoint);
    const hosts = new TwoHosts(t, { endpointOfA: proxy.endpoint });
    await hosts.begin();
    const held = proxy.holdBack(/^PUT \S*\/0000\//);
    await hosts.a.run(insert(50));
    await held;
    await hosts.a.pause();
    await hosts.b.logged(/lease acquired/);
    proxy.release();
    await hosts.b.logged(/restored the database/);
    await hosts.b.run(insert(2));
    await hosts.b.shipped(2);
    hosts.a.resume();
    await hosts.a.logged(/lease lost, nothing is sent/);
    await hosts.requireLineageOf(hosts.b);
  });

  it('a holder that is stopped hands over at once', async (t) => {
    const hosts = new TwoHosts(t, { ttl: '60s' });
    await hosts.begin();
    await hosts.a.run(insert(2));
    assert.equal(await hosts.a.end('SIGTERM'), 0);
    await hosts.b.logged(/lease acquired.* epoch=2 /, 20_000);
    await hosts.b.logged(/restored the database/);
    assert.deepEqual(await hosts.b.rows(), [1, 2]);
  });

  it('a host that is stopped before it had the lease says that it shipped nothing; its next start does', async (t) => {
    await using proxy = await HeldBackProxy.start(server.endpoint);
    const { a } = new TwoHosts(t, { endpointOfA: proxy.endpoint });
    await a.run(insert(1));
    const held = proxy.holdBack(/^\w+ \S*\/lock/);
    a.start();
    await held;
    await requirePromptStop(a);
    await a.logged(/level=WARN msg="stopped before it had the lease".*app\.db/);
    proxy.release();
    a.start();
    await a.shipped(1);
  });

  it('a host whose store does not answer says so after ten seconds, and is stopped at once', async (t) => {
    await using proxy = await HeldBackProxy.start(server.endpoint);
    const { a } = new TwoHosts(t, { endpointOfA: proxy.endpoint });
    await a.run(insert(1));
    void proxy.holdBack(/^\w+ \S*\/lock/);
    a.start();
    await a.logged(/level=WARN msg="cannot ask for the lease, trying again"/, 45_000);
    void proxy.holdBack(/^\w+ \S*\/lock/);
    await requirePromptStop(a);
    assert.deepEqual(
      a.logs.filter((line) => line.includes('level=ERROR')),
      [],
    );
  });

  it('a holder that is killed is followed by the other host, and takes its lease back at once when it is started again', async (t) => {
    const hosts = new TwoHosts(t);
    await hosts.begin();
    await hosts.a.end('SIGKILL');
    await hosts.b.acquired(2);
    assert.equal(await hosts.b.end('SIGTERM'), 0);

    const alone = new TwoHosts(t, { ttl: '600s' });
    await alone.begin();
    await alone.a.end('SIGKILL');
    alone.a.start();
    await alone.a.logged(/lease acquired.* epoch=2 /, 20_000);
    await alone.a.run(insert(2));
    await alone.a.shipped(2);
  });

  it('-once waits for a lease as long as a holder that is gone may have it, then names the holder', async (t) => {
    const hosts = new TwoHosts(t);
    await hosts.begin();
    await hosts.b.end('SIGKILL');
    const { code, stderr } = await hosts.b.litestream('replicate', '-once');
    assert.equal(code, 1);
    assert.match(stderr, /not everything is shipped.*its lease is held by host-a/);
    await hosts.a.end('SIGKILL');
    await hosts.a.run(insert(2));
    assert.equal((await hosts.a.litestream('replicate', '-once')).code, 0);
    assert.deepEqual(await hosts.a.restored(), [1, 2]);
  });

  it('an application that is to run beside the replication is started once its host has the lease', async (t) => {
    const hosts = new TwoHosts(t);
    await hosts.begin();
    await hosts.b.end('SIGTERM');
    const mark = join(hosts.b.folder, 'started');
    hosts.b.start('-exec', `sh -c 'cp ${hosts.b.path} ${mark} && exec sleep 60'`);
    await until('it stands by again', () => hosts.b.logs.filter((line) => /waiting for it/.test(line)).length === 2);
    await new Promise((done) => setTimeout(done, 1_000));
    assert.ok(!existsSync(mark), 'not started while the other host has the lease');
    await hosts.a.end('SIGTERM');
    await until('it is started, on the restored database', () => existsSync(mark), { timeoutMs: 20_000 });
    await hosts.b.end('SIGTERM');
  });
});
