import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { FaultServer } from '../support/fault-s3/fault-server.ts';
import { type HostOptions, insert, LeaseHost } from './lease-host.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
const environment = { LITESTREAM_ACCESS_KEY_ID: 'a', LITESTREAM_SECRET_ACCESS_KEY: 's' };

const stores = [
  {
    conditions: 'ignored',
    what: 'passes over the conditions of writes',
    reason: /it replaced an object that was only to be/,
  },
  { conditions: 'refused', what: 'answers 501 to conditions of writes', reason: /it has no conditional writes/ },
] as const;

describe('a store without conditional writes', { concurrency: 2 }, () => {
  for (const { conditions, what, reason } of stores) {
    describe(`that ${what}`, { concurrency: 4 }, () => {
      let server: FaultServer;
      before(async () => {
        server = await FaultServer.start();
        server.store.conditions = conditions;
      });
      after(() => server[Symbol.asyncDispose]());

      const hostOf = (t: TestContext, name: string, options: Partial<HostOptions>) => {
        const replicas = [`s3://bucket/${name}?endpoint=${server.endpoint}`];
        return new LeaseHost(t, { owner: 'host-a', replicas, server: { credentials, environment }, ...options });
      };

      for (const [where, options] of [
        ['in the process of the command', {}],
        ['in child processes', { what: 'directory', more: ['workers: 2'] }],
      ] as const) {
        it(`is refused where leases are required, ${where}`, async (t) => {
          const host = hostOf(t, `required${'more' in options ? 2 : 1}`, options);
          await host.run(insert(1));
          const { code, stderr } = await host.litestream('replicate');
          assert.equal(code, 1, stderr);
          assert.match(stderr, /Error: Cannot hold lease s3:\S+: the store does not keep the promise/);
          assert.match(stderr, reason);
          assert.match(stderr, /Hint: set `lease\.enabled: false`/);
          assert.ok(![...server.store.objects.keys()].some((key) => /^required.*\.ltx$/.test(key)));
        });
      }

      it('is replicated to without a lease by default, with a warning', async (t) => {
        const host = hostOf(t, 'default', { leases: 'by-default' });
        await host.run(insert(1));
        const { code, stderr } = await host.litestream('replicate', '-once');
        assert.equal(code, 0, stderr);
        const warning = stderr.split('\n').find((line) => /level=WARN msg="replicating without a lease/.test(line));
        assert.match(String(warning), reason);
        assert.deepEqual(await host.restored(), [1]);
      });
    });
  }
});
