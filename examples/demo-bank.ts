/** The demo's bank, and what a database of it holds. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';

export const accountCount = 200;
export const firstBalance = 1_000;

interface Transfer {
  readonly sender: number;
  readonly receiver: number;
  readonly amount: number;
}

export interface Bank {
  readonly sizeBytes: number;
  readonly transferCount: number;
  readonly lastTransferMs: number;
  /** The SHA-256 of every row of every table. */
  readonly digest: string;
  /** The SHA-256 of all balances and transfers. */
  readonly accountsDigest: string;
  /** What SQLite's integrity check says. */
  readonly integrity: string;
}

/** Reads a database that nobody writes. */
export function readBank(path: string): Bank {
  const database = new Database(path, { readonly: true });
  try {
    const last = database.prepare('SELECT count(*) AS n, max(at_ms) AS ms FROM transfers').get();
    const { n, ms } = last as { n: number; ms: number };
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
    return {
      sizeBytes: statSync(path).size,
      transferCount: n,
      lastTransferMs: ms,
      digest: digestOf(tables.flatMap((name) => [name, ...database.prepare(`SELECT * FROM "${name}"`).raw().all()])),
      accountsDigest: digestOf([balances(database), transfers(database, n)]),
      integrity: String(database.pragma('integrity_check', { simple: true })),
    };
  } finally {
    database.close();
  }
}

/** What `accountsDigest` was after the first transfers, worked out from these alone. */
export function accountsDigestAfter(path: string, transferCount: number): string {
  const database = new Database(path, { readonly: true });
  try {
    const made = transfers(database, transferCount);
    const expected = Array.from({ length: accountCount }, () => firstBalance);
    for (const { sender, receiver, amount } of made) {
      expected[sender - 1]! -= amount;
      expected[receiver - 1]! += amount;
    }
    return digestOf([expected, made]);
  } finally {
    database.close();
  }
}

function balances(database: Database.Database): unknown[] {
  return database.prepare('SELECT balance FROM accounts ORDER BY id').pluck().all();
}

function transfers(database: Database.Database, upTo: number): Transfer[] {
  return database.prepare('SELECT * FROM transfers WHERE id <= ? ORDER BY id').all(upTo) as Transfer[];
}

function digestOf(rows: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
  return hash.digest('hex');
}
