import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import type { Sidecar } from '../../support/sidecar.ts';
import { Scene, type StartOptions } from '../scene.ts';

export const ttlMs = 3_000;
/** ttl + margin + poll + one request, ten times over. */
export const takeOverMs = 10 * 6_000;

export const insert = (id: number) => `insert into t values (${id}, randomblob(3000))`;

/** Starts a host's sidecar under a lease of the replica at `path`. */
export function startLeased(host: Scene, path: string, owner: string, options: StartOptions = {}): Promise<Sidecar> {
  return host.start({ ...options, replicas: options.replicas ?? [path], lease: { ttlMs, owner } });
}

/** Another host with a copy of a host's database and local files, as they are now, and no note of its lease. */
export function cloneHost(test: TestContext, host: Scene): Scene {
  const clone = new Scene(test);
  for (const suffix of ['', '-wal']) {
    if (existsSync(host.path + suffix)) cpSync(host.path + suffix, clone.path + suffix, { force: true });
  }
  cpSync(host.metaPath, clone.metaPath, { recursive: true });
  rmSync(new MetaDirectory(clone.metaPath).leasePath('replica-0'), { force: true });
  for (const name of ['lock.db', 'lock-owner.json']) rmSync(join(clone.metaPath, name), { force: true });
  return clone;
}

/** Whether a process stands still by SIGSTOP. */
export function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.startsWith('T');
}
