import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ReplicaLocation } from '../../../src/replica/replica-location.ts';
import { S3ClientPool } from '../../../src/replica/s3/s3-client-pool.ts';
import { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import type { LeaseRequest, OpenedLease } from '../../../src/service/lease/lease-desk.ts';
import { LeaseKeepers } from '../../../src/service/lease/lease-keepers.ts';
import { LeaseStores } from '../../../src/service/lease/lease-stores.ts';
import { temporaryFolder } from '../../engine/scene.ts';
import { until } from '../../engine/until.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { failure } from '../../support/fault-s3/memory-s3.ts';
import { recordingLogger } from '../recording-logger.ts';

class KeepersScene {
  readonly folder: string;
  readonly log = recordingLogger();
  readonly stores: LeaseStores;
  readonly keepers: LeaseKeepers;

  constructor(test: TestContext) {
    this.folder = temporaryFolder(test);
    const { logger } = this.log;
    const s3Clients = new S3ClientPool(new StoreTraffic({ callsPerSecond: 0 }, { clock: systemClock }));
    const services = { durableFiles: new DurableFiles(), clock: systemClock, logger };
    this.stores = new LeaseStores({ ...services, s3Clients });
    const identity = { hostname: 'here', machine: async () => 'machine and boot' };
    this.keepers = new LeaseKeepers({ ...services, ...identity, stores: this.stores });
  }

  request(changes: Partial<LeaseRequest> = {}): LeaseRequest {
    return {
      place: { type: 'file', path: join(this.folder, 'replica') },
      about: { db: join(this.folder, 'app.db'), replica: 'file' },
      ttlMs: 600_000,
      owner: undefined,
      statePath: join(this.folder, 'lease.json'),
      isLocked: true,
      whenUnproven: 'refuse',
      ...changes,
    };
  }

  async open(changes: Partial<LeaseRequest> = {}): Promise<OpenedLease> {
    const lease = await this.keepers.open(this.request(changes), {});
    assert.ok(lease !== undefined);
    return lease;
  }

  count(message: string): number {
    return this.log.lines.filter((line) => line.message === message).length;
  }
}

const held = (lease: OpenedLease) => until('it is held', () => lease.mayWrite());

describe('LeaseKeepers', () => {
  it('all who name one place share one lease, which the last of them gives back', async (t) => {
    const scene = new KeepersScene(t);
    const elsewhere: ReplicaLocation = { type: 'file', path: join(scene.folder, 'other') };
    const [one, two, other] = await Promise.all([scene.open(), scene.open(), scene.open({ place: elsewhere })]);
    await Promise.all([one, two, other].map(held));
    assert.equal(scene.count('lease acquired'), 2);
    assert.ok('owner' in one.state && one.state.owner === `here:${process.pid}`);
    assert.equal(one.heldSignal, two.heldSignal);
    await one.close();
    await one.close();
    assert.ok(!one.mayWrite() && two.mayWrite(), 'whoever has closed it has it no more');
    const late = await scene.open();
    assert.ok(late.mayWrite(), 'one who comes later has it at once');
    await Promise.all([two.close(), late.close(), other.close()]);
    assert.equal(scene.count('lease given back'), 2);
    const again = await scene.open();
    await held(again);
    assert.ok('epoch' in again.state && again.state.epoch === 2);
    await again.close();
  });

  it('one who opens a lease while the last other one closes it gets one that works', async (t) => {
    const scene = new KeepersScene(t);
    const one = await scene.open();
    await held(one);
    const opening = scene.open();
    const [two] = await Promise.all([opening, one.close()]);
    await held(two);
    await two.close();
  });

  it('a lease is given up for one database only if no other one depends on it', async (t) => {
    const scene = new KeepersScene(t);
    const one = await scene.open();
    const two = await scene.open();
    await held(one);
    one.giveUp();
    assert.ok(one.mayWrite() && two.mayWrite());
    await two.close();
    one.giveUp();
    assert.ok(!one.mayWrite());
    await until('it is given back', () => scene.count('lease given back') === 1);
    await one.close();
  });

  it('what a killed process of this machine held is taken back at once with the local lock only', async (t) => {
    const scene = new KeepersScene(t);
    const killed = await scene.open();
    await held(killed);
    const next = new KeepersScene(t);
    const place = { type: 'file', path: join(scene.folder, 'replica') } as const;
    const statePath = join(scene.folder, 'lease.json');
    await until('it is noted', () => existsSync(statePath));
    const locked = { place, statePath, owner: 'next' };
    const without = await next.open({ ...locked, isLocked: false });
    await until('its object was read', () => without.state.kind === 'standby');
    assert.ok(!without.mayWrite());
    const lease = await next.open(locked); // as from another child process, which has the lock
    await held(lease);
    assert.ok('epoch' in lease.state && lease.state.epoch === 2);
    assert.ok(without.mayWrite());
    await Promise.all([lease.close(), without.close(), killed.close()]);
    assert.equal(JSON.parse(readFileSync(statePath, 'utf8')).version, 1);
  });

  for (const [conditions, reason] of [
    ['ignored', /it replaced an object that was only to be created/],
    ['refused', /it has no conditional writes/],
  ] as const) {
    it(`conditions of writes that are ${conditions}: refuses or goes without, as it is asked`, async (t) => {
      await using server = await FaultServer.start();
      server.store.conditions = conditions;
      const scene = new KeepersScene(t);
      const request = scene.request({ place: server.location() });
      const unproven = { name: 'ServiceError', code: 'lease-unproven', message: reason, hint: /lease\.enabled: false/ };
      await assert.rejects(scene.keepers.open(request, {}), unproven);
      assert.equal(await scene.keepers.open({ ...request, whenUnproven: 'go-without' }, {}), undefined);
      const [warning] = scene.log.lines.filter(({ level }) => level === 'warn');
      assert.match(String(warning?.message), /replicating without a lease/);
      assert.match(String(warning?.fields.because), reason);
      assert.deepEqual([warning?.fields.db, warning?.fields.replica], [request.about.db, 'file']);
      const asked = server.requests.length;
      await assert.rejects(scene.keepers.open(request, {}), unproven);
      assert.equal(server.requests.length, asked, 'what was found out is known');
    });
  }
});

describe('LeaseStores', () => {
  it('a bucket is tried out once, on an object of its own', async (t) => {
    await using server = await FaultServer.start();
    const { stores, log } = new KeepersScene(t);
    const places = ['one', 'two', 'three'].map((path) => server.location({ path }));
    assert.deepEqual(await Promise.all(places.map((place) => stores.prove(place, {}))), ['proven', 'proven', 'proven']);
    assert.deepEqual([...server.store.objects.keys()], ['one/lock-probe.json']);
    assert.equal(log.lines.length, 1);
  });

  it('a store that cannot be asked is asked again the next time', async (t) => {
    await using server = await FaultServer.start();
    const { stores } = new KeepersScene(t);
    server.fail('get', { kind: 'answer', answer: failure(403, 'AccessDenied') });
    await assert.rejects(stores.prove(server.location(), {}), { name: 'ReplicaError', code: 'denied' });
    assert.equal(await stores.prove(server.location(), {}), 'proven');
  });

  it('a directory needs no proof', async (t) => {
    const { stores, folder } = new KeepersScene(t);
    assert.equal(await stores.prove({ type: 'file', path: join(folder, 'none') }, {}), 'proven');
    assert.ok(!existsSync(join(folder, 'none')));
  });
});
