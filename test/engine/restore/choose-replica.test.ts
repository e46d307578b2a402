import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NamedReplica } from '../../../src/engine/restore/restore-options.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { ModelDatabase, somePages } from './model-database.ts';
import { type RestoreArguments, restored, run, temporaryFolder } from './restore-to-folder.ts';

/** A replica with these TXIDs at level 0 and a snapshot up to the one before them. */
function replica(name: string, from: number, to: number): NamedReplica {
  const model = new ModelDatabase();
  for (let version = 1; version <= to; version++) model.commit(somePages(3, version), 3);
  if (from > 1) model.addFile(9, 1, from - 1);
  model.addLevel0(from, to);
  return { name, client: model.replica({ name }) };
}

function unreachable(name: string): NamedReplica {
  const fault = () => new ReplicaError('unavailable', `Cannot list ${name}: it is away`);
  return { name, client: new ModelDatabase().replica({ name, fault }) };
}

const empty = (name: string): NamedReplica => ({ name, client: new ModelDatabase().replica({ name }) });

async function chosen(replicas: NamedReplica[], args: RestoreArguments = {}): Promise<string> {
  const result = await run('/nowhere/app.db', { replicas, mode: 'plan', ...args });
  assert(result.outcome === 'planned');
  return `${result.replica.name} ${result.plan.txid}`;
}

test('restore reads the replica whose newest restorable state is nearest at or before the target', async () => {
  const coarse = replica('coarse', 6, 9);
  const short = replica('short', 1, 4);
  assert.equal(await chosen([short, coarse]), 'coarse 9');
  assert.equal(await chosen([coarse, short], { txid: 4 }), 'short 4');
  assert.equal(await chosen([coarse, short], { txid: 5 }), 'coarse 5');
  const at = (timestampMs: number): RestoreArguments => ({ target: { kind: 'moment', timestampMs } });
  assert.equal(await chosen([short, coarse], at(1_700_000_003_500)), 'short 3');
  assert.equal(await chosen([short, coarse], at(1_700_000_007_500)), 'coarse 7');
});

test('restore takes the first of replicas that are equally near, and only the one that is named', async () => {
  const replicas = [replica('one', 1, 4), replica('two', 1, 4), replica('three', 1, 5)];
  assert.equal(await chosen(replicas, { txid: 4 }), 'one 4');
  assert.equal(await chosen(replicas, { txid: 4, replicaName: 'two' }), 'two 4');
  await assert.rejects(chosen(replicas, { replicaName: 'four' }), { code: 'no-such-replica', hint: /one, two, three/ });
});

test('restore warns of an unreachable replica when another one serves', async (t) => {
  const replicas = [unreachable('away'), replica('here', 1, 4)];
  const report = await restored(join(temporaryFolder(t), 'app.db'), { replicas });
  assert.equal(report.replica.name, 'here');
  assert.deepEqual(
    report.notices.map((notice) => notice.code),
    ['replica-unreachable'],
  );
});

test('restore tells no backup from a replica that cannot be read', async () => {
  const nowhere = '/nowhere/app.db';
  assert.deepEqual(await run(nowhere, { replicas: [empty('a'), empty('b')], whenNoBackup: 'report' }), {
    outcome: 'no-backup',
  });
  await assert.rejects(run(nowhere, { replicas: [empty('a')] }), { code: 'no-backup' });
  const half = run(nowhere, { replicas: [empty('a'), unreachable('b')], whenNoBackup: 'report' });
  await assert.rejects(half, { code: 'unreachable', message: /replica b/ });
});

test('restore gives the reason of the first replica when none can serve', async () => {
  const promise = run('/nowhere/app.db', { replicas: [replica('a', 1, 3), replica('b', 1, 2)], txid: 9 });
  await assert.rejects(promise, { code: 'after-newest', message: /ends at 0000000000000003/ });
});

test('restore plans anew when a file is gone that was listed', async (t) => {
  const model = new ModelDatabase();
  for (let version = 1; version <= 6; version++) model.commit(somePages(3, version), 3);
  model.addLevel0();
  let plans = 0;
  const report = await restored(join(temporaryFolder(t), 'app.db'), {
    client: model.replica(),
    onPlan: () => {
      if (plans++ > 0) return;
      for (let txid = 1; txid <= 4; txid++)
        model.files.delete(`ltx/0/000000000000000${txid}-000000000000000${txid}.ltx`);
      model.addFile(2, 1, 4);
    },
  });
  assert.equal(plans, 2);
  assert.equal(report.txid, 6n);
});
