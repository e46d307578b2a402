import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FileCalls, promptCalls } from './file-calls.ts';

/** Makes names that were created, renamed or removed in a directory durable. */
export async function syncDirectory(path: string, calls: FileCalls = promptCalls): Promise<void> {
  const descriptor = await calls.open(path, 'r');
  try {
    await calls.sync(descriptor);
  } finally {
    await calls.close(descriptor);
  }
}

/** Creates a directory and its parents, 0700, and makes the new names durable. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}
