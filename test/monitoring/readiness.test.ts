import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DatabaseStatus, isReplicated } from '../../src/engine/replicator/database-status.ts';
import { unreadyReasons } from '../../src/monitoring/readiness.ts';

const nowMs = 1_000_000;
const care = { compactionError: undefined, verifyErrorCount: 0, verifiedAtMs: undefined, syncFiles: undefined };

function database(changes: Partial<DatabaseStatus>, behindMs?: number): DatabaseStatus {
  const behindSinceMs = behindMs === undefined ? undefined : nowMs - behindMs;
  const shipped = { state: 'current', txid: undefined, timestampMs: undefined, error: undefined } as const;
  const replicas = [{ name: 'file', url: 'file:///r', ...shipped, behindSinceMs, ...care }];
  const quiet = { txid: undefined, timestampMs: undefined, idle: true, readerInTheWay: false, error: undefined };
  return { path: '/a.db', state: 'replicating', ...quiet, replicas, ...changes };
}

function reasons(...statuses: DatabaseStatus[]): string[] {
  return unreadyReasons(statuses, { maxLagMs: 60_000, nowMs });
}

test('unreadyReasons finds none where everything is shipped, or nothing is to be', () => {
  const none = ['replicating', 'parked', 'stopped', 'standby', 'waiting'] as const;
  assert.deepEqual(reasons(...none.map((state) => database({ state }))), []);
  assert.deepEqual(reasons(database({}, 60_000)), []);
  assert.deepEqual(
    reasons(database({ state: 'standby', error: 'another host' }), database({ state: 'stopped' }, 1e6)),
    [],
  );
  assert.deepEqual(reasons(), []);
});

test('unreadyReasons names each database with what is wrong with it', () => {
  const found = reasons(
    database({}, 61_000),
    database({ path: '/b.db', state: 'attaching' }),
    database({ path: '/c.db', state: 'failed', error: 'it diverged' }),
    database({ path: '/d.db', error: 'disk full' }),
    database({ path: '/e.db' }),
  );
  assert.deepEqual(found, [
    '/a.db: replica file lacks what was committed 61 s ago',
    '/b.db: it is being attached',
    '/c.db: it diverged',
    '/d.db: disk full',
  ]);
});

test('isReplicated is true of what is shipped from here, so not where the lease was lost', () => {
  const held = { kind: 'held', epoch: 1, owner: 'here', deadlineMs: nowMs } as const;
  const lost = { kind: 'standby', holder: { owner: 'there', hostname: undefined, untilMs: nowMs } } as const;
  const lapsed = { kind: 'lapsed', epoch: 1, owner: 'here' } as const;
  const yes = [{}, { lease: held }, { state: 'parked', lease: held }] as const;
  const no = [{ lease: lost }, { lease: lapsed }, { state: 'standby', lease: lost }, { state: 'waiting' }] as const;
  assert.deepEqual(
    yes.map((changes) => isReplicated(database(changes))),
    yes.map(() => true),
  );
  assert.deepEqual(
    no.map((changes) => isReplicated(database(changes))),
    no.map(() => false),
  );
});
