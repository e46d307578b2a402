import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { replicaAt } from '../../../src/config/directory-databases.ts';
import { decodeLtxHeader } from '../../../src/format/ltx/header.ts';
import { Mutex } from '../../../src/runtime/mutex.ts';
import { Application } from '../../sqlite/application.ts';
import { append, StoreScene } from '../store/store-scene.ts';
import { LeaseShard } from './lease-shard.ts';

/** Does something between a restore and what follows it. */
class RestoreThen extends Mutex {
  readonly #then: () => void;

  constructor(then: () => void) {
    super();
    this.#then = then;
  }

  override async run<T>(task: () => Promise<T> | T): Promise<T> {
    const result = await super.run(task);
    this.#then();
    return result;
  }
}

it('a late write of a former holder that lands while its successor restores is taken in and put right', async (t) => {
  const scene = new StoreScene(t);
  for (const folder of ['a', 'b']) mkdirSync(scene.path(folder));
  const replicas = [replicaAt({ type: 'file', path: scene.replicaPath('app.db') }, 20)];
  const configOf = (host: LeaseShard, folder: string) =>
    scene.database(`${folder}/app.db`, {
      ...host.settings,
      metaPath: scene.path(`${folder}/meta`),
      replicas,
      restoreIfDbNotExists: true,
    });

  const application = await scene.application('a/app.db', 1);
  const former = new LeaseShard(t, 'former');
  await former.shard.add(configOf(former, 'a'));
  await former.shard.sync(scene.path('a/app.db'));
  await append(application);
  await former.shard.sync(scene.path('a/app.db'));
  await former.shard.stop();
  const folder = join(scene.replicaPath('app.db'), 'ltx', '0');
  const late = readdirSync(folder).sort().at(-1)!;
  const bytes = readFileSync(join(folder, late));
  rmSync(join(folder, late));

  const restoring = new RestoreThen(() => writeFileSync(join(folder, late), bytes));
  const successor = new LeaseShard(t, 'successor', { restoring });
  await successor.shard.add(configOf(successor, 'b'));
  const path = scene.path('b/app.db');
  await successor.shard.sync(path);
  await using other = new Application(path, { timeoutMs: 5_000 });
  assert.deepEqual(await other.run('select count(*) from t'), [[1]], 'what it restored, without the late write');
  await append(other);
  await append(other);
  await successor.shard.sync(path);
  assert.equal(await scene.restoredRows('app.db'), 3);
  const epochs = readdirSync(folder)
    .sort()
    .map((name) => decodeLtxHeader(readFileSync(join(folder, name))).epoch);
  assert.deepEqual([epochs[0], epochs[1], epochs[2], epochs.at(-1)], [1, 1, 2, 2]);
  assert.deepEqual(successor.errors, []);
});
