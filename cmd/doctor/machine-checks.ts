import { readFile } from 'node:fs/promises';
import { isWatchable } from '../../src/runtime/watchable-file-system.ts';
import { descriptorsOfDatabase, otherDescriptors, readDescriptorLimit } from '../../src/sqlite/descriptor-limit.ts';
import { type Finding, finding } from './finding.ts';

/** Watches that other programs of a machine take. */
const otherWatches = 1024;
const machine = 'this machine';

/** Whether limits of the system suffice for so many databases in so many directories. */
export function machineChecks(databaseCount: number, directories: readonly string[]): Promise<Finding>[] {
  return [
    finding('file descriptors', machine, async () => {
      const limit = readDescriptorLimit();
      const needed = databaseCount * descriptorsOfDatabase + otherDescriptors;
      if (limit === undefined) return { severity: 'note', state: 'the limit cannot be read here' };
      const state = `${limit} are allowed, ${databaseCount} databases may need ${needed}`;
      if (limit >= needed) return { severity: 'ok', state };
      const remedy = `run: ulimit -n ${needed}, or LimitNOFILE=${needed} in a systemd unit; idle databases are parked otherwise`;
      return { severity: 'warning', state, remedy };
    }),
    finding('file-system events', machine, async () => {
      const polled = directories.filter((directory) => !isWatchable(directory));
      if (polled.length > 0) {
        return {
          severity: 'warning',
          state: `file systems of other machines tell of no changes: ${polled.join(', ')}`,
          remedy: 'databases there are looked at every monitor-interval; SQLite itself asks for a local disk',
        };
      }
      const limit = await inotifyLimit();
      if (limit === undefined) return { severity: 'note', state: 'the limit of inotify cannot be read here' };
      const needed = directories.length + otherWatches;
      const state = `fs.inotify.max_user_watches is ${limit}, ${directories.length} directories are watched`;
      if (limit >= needed) return { severity: 'ok', state };
      const remedy = `run: sysctl fs.inotify.max_user_watches=${needed}; directories are polled otherwise`;
      return { severity: 'warning', state, remedy };
    }),
  ];
}

async function inotifyLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/sys/fs/inotify/max_user_watches', 'latin1').catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}
