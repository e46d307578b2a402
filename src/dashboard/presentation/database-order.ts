import type { DatabaseView } from '../page-messages.ts';

export const orders = {
  trouble: 'Trouble first',
  path: 'Path',
  lag: 'Lag',
  writes: 'Write rate',
  size: 'Size',
  wal: 'WAL size',
} as const;
export type Order = keyof typeof orders;

export const filters = { all: 'All', trouble: 'In trouble', waiting: 'Waiting', ok: 'Well' } as const;
export type Filter = keyof typeof filters;

export interface ListQuery {
  readonly search: string;
  readonly order: Order;
  readonly filter: Filter;
}

const ranks = { trouble: 0, waiting: 1, ok: 2 } as const;

/** Those that are looked for: every word has to be in the path, the state or the lease. */
export function listed(
  databases: Iterable<DatabaseView>,
  { search, order, filter }: ListQuery,
  writeRate: (path: string) => number,
): DatabaseView[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...databases].filter((database) => {
    if (filter !== 'all' && database.health !== filter) return false;
    const text = `${database.path} ${database.state} ${database.lease ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const keys: Readonly<Record<Order, (database: DatabaseView) => number>> = {
    trouble: ({ health }) => ranks[health],
    path: () => 0,
    lag: ({ behindSinceMs }) => behindSinceMs ?? Number.POSITIVE_INFINITY,
    writes: ({ path }) => -writeRate(path),
    size: ({ sizeBytes = -1 }) => -sizeBytes,
    wal: ({ walBytes = -1 }) => -walBytes,
  };
  const key = keys[order];
  const keyed = found.map((database) => ({ database, rank: key(database) }));
  keyed.sort((a, b) => (a.rank === b.rank ? comparePaths(a.database, b.database) : a.rank < b.rank ? -1 : 1));
  return keyed.map(({ database }) => database);
}

function comparePaths(a: DatabaseView, b: DatabaseView): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
