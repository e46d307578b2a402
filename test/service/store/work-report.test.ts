import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { DatabaseWork } from '../../../src/service/shard/shard-protocol.ts';
import type { Store } from '../../../src/service/store/store.ts';
import { WorkReport } from '../../../src/service/store/work-report.ts';
import { until } from '../../engine/until.ts';
import { FaultServer } from '../../support/fault-s3/fault-server.ts';
import { recordingLogger } from '../recording-logger.ts';
import { StoreScene } from './store-scene.ts';

const everyMs = 100;

/** The lines of a report, up to the one with `last` as its message. */
async function linesUpTo(last: string, work: Store['work']) {
  const { logger, lines } = recordingLogger();
  const ended = new AbortController();
  const running = new WorkReport(work, { clock: systemClock, logger }, { everyMs }).run(ended.signal);
  await until(last, () => lines.at(-1)?.message === last);
  ended.abort();
  await running;
  return lines;
}

/** What a request waits for, and how that is ended. */
function gate() {
  let open = () => {};
  const released = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), fault: { kind: 'wait', released } as const };
}

test('WorkReport tells of the upload of a large file to a slow store, from every kind of shard', async (t) => {
  for (const workers of [1, 2]) {
    await using server = await FaultServer.start();
    const scene = new StoreScene(t);
    await (await scene.application('other.db', 1)).close();
    const application = await scene.application('app.db');
    await application.run('insert into t (x) values (randomblob(12000000))');
    const replicas = [replicaAt(server.location(), 20)];
    const lease = { ...defaultSettings.lease, mode: 'off' } as const;
    const databases = [scene.database('app.db', { replicas, lease }), scene.database('other.db')];
    const store = scene.store({ databases, workers });
    const [begin, end] = [gate(), gate()];
    server.fail('create-upload', begin.fault);
    server.fail('put-part', { kind: 'answer', answer: { status: 503 } }); // tried again: counted once
    server.fail('complete-upload', end.fault);
    await store.start();
    const { level, fields } = (await linesUpTo('upload goes on', () => store.work())).at(-1)!;
    const { db, replica, percent, done } = fields;
    assert.deepEqual([level, db, replica, percent], ['info', scene.path('app.db'), 's3', '0%']);
    assert.match(String(done), /^0 B of 12 MB$/);
    begin.open();
    const sent = await until('all parts', async () => (await store.work()).find((one) => one.doneBytes > 12_000_000));
    assert.deepEqual([sent.act, sent.doneBytes], ['upload', sent.totalBytes]);
    end.open();
    await store.sync(scene.path('app.db'));
    assert.deepEqual(await store.work(), []);
    await store.stop();
  }
});

test('WorkReport says nothing of what is soon over, and one line of much at once', async () => {
  const work = (n: number, elapsedMs: number): DatabaseWork => ({
    path: `/data/${n}.db`,
    act: 'read',
    replica: undefined,
    doneBytes: 1_000_000,
    totalBytes: 4_000_000,
    elapsedMs,
  });
  const looks = [[work(1, 50)], [work(1, 200), work(2, 50)], [1, 2, 3, 4, 5].map((n) => work(n, 1_000))];
  const said = await linesUpTo('long work goes on', async () => looks.shift() ?? []);
  const done = { percent: '25%', speed: undefined };
  assert.deepEqual(
    said.map(({ message, fields }) => [message, fields]),
    [
      [
        'reading the database goes on',
        { db: '/data/1.db', replica: undefined, ...done, done: '1.0 MB of 4.0 MB', speed: '5.0 MB/s' },
      ],
      ['long work goes on', { databases: 5, ...done, done: '5.0 MB of 20 MB' }],
    ],
  );
});
