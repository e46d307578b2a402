import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openLeaseStore } from '../../src/replica/open-lease-store.ts';
import type { ReplicaLocation } from '../../src/replica/replica-location.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { temporaryFolder } from '../engine/scene.ts';
import { until } from '../engine/until.ts';
import { S3Server } from '../support/s3-server.ts';
import { Intruder } from './intruder.ts';
import { insert, LeaseHost } from './lease-host.ts';

let server: S3Server;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

/** Long enough for a file that is to be sent, at a sync interval of 50 ms. */
const sendingMs = 1_000;

interface Replica {
  readonly url: string;
  readonly location: ReplicaLocation;
  /** Where its level-0 files lie on this machine. */
  readonly files: string;
}

/** A host whose first replica is the authority, and who may come between it and its leases. */
class ReplicasScene {
  readonly host: LeaseHost;
  readonly #intruders: readonly Intruder[];
  readonly #replicas: readonly Replica[];

  constructor(test: TestContext, replicas: readonly Replica[]) {
    this.#replicas = replicas;
    this.host = new LeaseHost(test, { owner: 'host-a', server, replicas: replicas.map(({ url }) => url) });
    const services = { durableFiles: new DurableFiles(), clock: systemClock, logger: silentLogger };
    this.#intruders = replicas.map(({ location }) => new Intruder(openLeaseStore(location, services)));
  }

  get authority(): Intruder {
    return this.#intruders[0]!;
  }

  get other(): Intruder {
    return this.#intruders[1]!;
  }

  /** The level-0 files of each replica. */
  files(): string[][] {
    return this.#replicas.map(({ files }) => readdirSync(files).filter((name) => name.endsWith('.ltx')));
  }

  async shippedEverywhere(row: number): Promise<void> {
    await Promise.all(this.#replicas.map((_, replica) => this.host.shipped(row, 'app.db', { replica })));
  }
}

function directoryIn(folder: string, name: string): Replica {
  const path = join(folder, name);
  return { url: `file://${path}`, location: { type: 'file', path }, files: join(path, 'ltx', '0') };
}

function inBucket(name: string): Replica {
  return { url: server.url(name), location: server.location(name), files: join(server.bucketFolder, name, '0000') };
}

function lostCount({ logs }: LeaseHost): number {
  return logs.filter((line) => /lease lost, nothing is sent/.test(line)).length;
}

const pairs: [string, (folder: string) => Replica[]][] = [
  ['a directory and S3', (folder) => [directoryIn(folder, 'near'), inBucket('far')]],
  ['two directories', (folder) => [directoryIn(folder, 'one'), directoryIn(folder, 'two')]],
];

describe('several replicas under leases', { concurrency: 2 }, () => {
  for (const [what, replicas] of pairs) {
    it(`${what}: without the lease of the first nothing is sent anywhere, without the other's only that one waits`, async (t) => {
      const scene = new ReplicasScene(t, replicas(temporaryFolder(t)));
      const { host } = scene;
      await host.run(insert(1));
      host.start();
      await scene.shippedEverywhere(1);

      await scene.authority.take();
      await host.logged(/lease lost, nothing is sent/);
      const before = scene.files();
      await host.run(insert(2));
      await new Promise((done) => setTimeout(done, sendingMs));
      assert.deepEqual(scene.files(), before);
      await scene.authority.giveBack();
      await scene.shippedEverywhere(2);
      assert.equal(lostCount(host), 1);

      await scene.other.take();
      await until('that lease is lost too', () => lostCount(host) === 2, { timeoutMs: 30_000 });
      const [, otherBefore] = scene.files();
      await host.run(insert(3));
      await host.shipped(3, 'app.db', { replica: 0 });
      await new Promise((done) => setTimeout(done, sendingMs));
      assert.deepEqual(scene.files()[1], otherBefore);
      await host.run(insert(4));
      await host.shipped(4, 'app.db', { replica: 0 });
      await scene.other.giveBack();
      await scene.shippedEverywhere(4);
      assert.equal(await host.end('SIGTERM'), 0);
      assert.deepEqual(await host.restored('app.db', { replica: 1 }), [1, 2, 3, 4]);
    });
  }
});
