import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { claimPath, ExclusivePublisher, stagePath } from '../../src/runtime/exclusive-publisher.ts';

async function place(
  t: TestContext,
): Promise<{ directory: string; final: string; temporary(text: string): Promise<string> }> {
  const directory = await mkdtemp(join(tmpdir(), 'exclusive-publisher-'));
  t.after(() => rm(directory, { recursive: true }));
  return {
    directory,
    final: join(directory, 'final'),
    async temporary(text) {
      const path = join(directory, `final.${text}.tmp`);
      await writeFile(path, text);
      return path;
    },
  };
}

function withoutLinks(): ExclusivePublisher {
  return new ExclusivePublisher({
    link: async () => {
      throw Object.assign(new Error('EPERM: link'), { code: 'EPERM' });
    },
  });
}

describe('ExclusivePublisher', () => {
  test('publish by link gives the name once and leaves no temporary file', async (t) => {
    const { directory, final, temporary } = await place(t);
    const publisher = new ExclusivePublisher();
    assert.equal(await publisher.publish(await temporary('a'), final), 'created');
    assert.equal(await publisher.publish(await temporary('b'), final), 'exists');
    assert.equal(await readFile(final, 'utf8'), 'a');
    assert.deepEqual(await readdir(directory), ['final']);
  });

  test('publish by claim gives the name once however many try, and tells each what became of its file', async (t) => {
    const { directory, final, temporary } = await place(t);
    for (let round = 0; round < 60; round += 1) {
      const texts = Array.from({ length: 6 }, (_, at) => `${round}-${at}`);
      const outcomes = await Promise.all(
        texts.map(async (text) => withoutLinks().publish(await temporary(text), final)),
      );
      assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 1);
      assert.equal(await readFile(final, 'utf8'), texts[outcomes.indexOf('created')]);
      assert.deepEqual(await readdir(directory), ['final']);
      await rm(final);
    }
  });

  test('publish by claim completes what a writer killed with the claim in hand had begun', async (t) => {
    const { directory, final, temporary } = await place(t);
    const killed = await temporary('killed');
    await mkdir(claimPath(final));
    await rename(killed, join(claimPath(final), 'final.killed.tmp'));
    assert.equal(await withoutLinks().publish(await temporary('next'), final), 'exists');
    assert.equal(await readFile(final, 'utf8'), 'killed');
    assert.deepEqual(await readdir(directory), ['final']);
  });

  test('publish by claim is not held up by a writer killed before its claim or after its publish', async (t) => {
    const { directory, final, temporary } = await place(t);
    const killed = await temporary('killed');
    await mkdir(stagePath(killed));
    await rename(killed, join(stagePath(killed), 'final.killed.tmp'));
    await mkdir(claimPath(final));
    assert.equal(await withoutLinks().publish(await temporary('next'), final), 'created');
    assert.equal(await readFile(final, 'utf8'), 'next');
    assert.deepEqual(await readdir(directory), ['final', 'final.killed.tmp.d']);
  });

  test('an error that has nothing to do with hard links changes nothing', async (t) => {
    const { final } = await place(t);
    const told: string[] = [];
    const publisher = new ExclusivePublisher({ onWithoutLinks: (path) => told.push(path) });
    await assert.rejects(publisher.publish(`${final}.missing.tmp`, final), { code: 'ENOENT' });
    assert.deepEqual(told, []);
  });
});
