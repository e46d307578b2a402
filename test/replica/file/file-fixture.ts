import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileReplicaClient, type FileReplicaOptions } from '../../../src/replica/file/file-replica-client.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { type LogFields, type LogLevel, loggerFrom } from '../../../src/runtime/logger.ts';
import type { ReplicaFixture } from '../../conformance/replica-client/fixture.ts';

export interface FileFixture extends ReplicaFixture {
  /** The replica's directory, which does not exist yet. */
  readonly path: string;
  readonly lines: { level: LogLevel; message: string; fields: LogFields }[];
  levelDirectory(level: number): string;
}

export async function openFileFixture(
  options: Omit<FileReplicaOptions, 'path'> = {},
  parent = tmpdir(),
): Promise<FileFixture> {
  const root = await mkdtemp(join(parent, 'file-replica-'));
  const path = join(root, 'deep', 'replica');
  const lines: FileFixture['lines'] = [];
  const logger = loggerFrom((level, message, fields) => lines.push({ level, message, fields }));
  const reopen = () => new FileReplicaClient({ ...options, path }, { durableFiles: new DurableFiles(), logger });
  const client = reopen();
  const levelDirectory = (level: number) => join(path, 'ltx', String(level));
  return {
    client,
    path,
    lines,
    reopen,
    levelDirectory,
    async plant(level, name, bytes) {
      await mkdir(levelDirectory(level), { recursive: true });
      await writeFile(join(levelDirectory(level), name), bytes);
    },
    async names(level) {
      return (await readdir(levelDirectory(level)).catch(() => [])).sort();
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Fails as link(2) does on a file system without hard links. */
export function noHardLinks(code: string): FileReplicaOptions['link'] {
  return async () => {
    throw Object.assign(new Error(`${code}: link`), { code });
  };
}
