import type { StoreChannel } from './shard-process.ts';
import type { FromShard, ToShard } from './shard-protocol.ts';

/** After a shard has ended, how long anything left over may keep its process. */
const leaveMs = 1_000;
/** How long the last syncs of a shard may take whose parent is gone. What is not shipped is sent after the next start. */
const orphanMs = 60_000;

/**
 * The channel to the process that forked this one. That process decides when this one ends: a signal that a terminal or a
 * service manager sends to all processes must not end it before its last sync.
 */
export function parentChannel(): StoreChannel & { close(): Promise<void> } {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  // A line that cannot be written to a parent that is gone must not end the last sync.
  process.stderr.on('error', () => {});
  return {
    send(message) {
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    },
    onMessage: (listener) => process.on('message', (message: ToShard) => listener(message)),
    onClose(listener) {
      process.once('disconnect', () => {
        setTimeout(() => process.exit(1), orphanMs).unref();
        listener();
      });
    },
    async close() {
      if (process.connected) {
        const ended: FromShard = { kind: 'ended' };
        await new Promise((resolve) => process.send?.(ended, undefined, undefined, resolve));
        if (process.connected) process.disconnect();
      }
      setTimeout(() => process.exit(0), leaveMs).unref();
    },
  };
}
