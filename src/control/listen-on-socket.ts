import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { SocketConfig } from '../config/normal-config.ts';
import { messageOf, systemErrorCode } from '../runtime/typed-error.ts';
import { ControlError } from './control-error.ts';

/** What fits into the address of a Unix socket on Linux, and less than what does on macOS. */
const mostPathBytes = 103;

/**
 * Listens on a Unix socket that nobody but those with `permissions` can connect to, from its first moment on. A socket that a
 * process left behind is replaced, one that somebody answers at is not. Throws ControlError `not-listening`.
 */
export async function listenOnSocket(server: Server, { path, permissions }: SocketConfig): Promise<void> {
  if (Buffer.byteLength(path) > mostPathBytes) {
    throw refused(path, `its path is longer than ${mostPathBytes} bytes`, 'configure a shorter socket.path');
  }
  await removeLeftover(path);
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve).once('error', reject);
  });
  // The name appears within the call to `listen`, with the permissions that the mask leaves.
  const before = process.umask(0o777 & ~permissions);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  try {
    await listening;
    chmodSync(path, permissions);
  } catch (error) {
    throw refused(path, messageOf(error), 'configure socket.path in a directory that exists and can be written', error);
  }
}

async function removeLeftover(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw refused(path, 'something is there that is no socket', 'remove it, or configure another socket.path');
  }
  if (await isAnswered(path)) {
    throw refused(path, 'another process listens there', 'stop that process first, or configure another socket.path');
  }
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(systemErrorCode(error) !== 'ECONNREFUSED'));
  });
}

function refused(path: string, state: string, hint: string, cause?: unknown): ControlError {
  return new ControlError('not-listening', `Cannot listen on the control socket ${path}: ${state}`, { cause, hint });
}
