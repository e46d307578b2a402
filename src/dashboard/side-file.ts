import { basename, dirname, join } from 'node:path';
import { DashboardError } from './dashboard-error.ts';

const mostNameBytes = 200;
/** Endings by which SQLite and this program know files of a database. */
const taken = /-(?:wal|shm|journal|litestream)$|\.tmp$/;

/** What a restored state is called unless another name is given: no pattern that finds `*.db` finds it. */
export function sideFileName(db: string, timestampMs: number): string {
  const time = new Date(timestampMs).toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  return `${basename(db)}.restored-${time}`;
}

/** The path of a file beside a database. Throws DashboardError `invalid` for a name that leads elsewhere or is another's. */
export function sideFilePath(db: string, name: string): string {
  const isPlain = name !== '' && name !== '.' && name !== '..' && !/[/\\\p{Cc}]/u.test(name);
  if (!isPlain || Buffer.byteLength(name) > mostNameBytes) {
    throw new DashboardError('invalid', `Cannot restore to "${name}": it is not a file name`, {
      hint: 'give a name without slashes; the file comes to lie beside the database',
    });
  }
  if (name === basename(db) || taken.test(name)) {
    throw new DashboardError('invalid', `Cannot restore to "${name}": the database itself uses that name`, {
      hint: 'give another name; what replaces a database is litestream restore -force, with the application stopped',
    });
  }
  return join(dirname(db), name);
}
