/**
 * A service that keeps a database and cannot lose it: node node-service.js DATABASE REPLICA_URL
 *
 * It restores at the start, replicates while it works, and ships what is left when it is asked to stop. In a project of your
 * own the import reads: from 'litestream-sidecar'.
 */
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { backupStatus, formatTxid, loggerFrom, restore, Store } from '../src/index.ts';

const [path = 'app.db', replica = 'app.db-replica'] = process.argv.slice(2);
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

// The library says what it does here and nowhere else; only what matters is passed on.
const logger = loggerFrom((level, message, fields) => {
  if (level === 'warn' || level === 'error') console.error(`${level}: ${message}`, fields);
});

const result = await restore({ replicas: replica, output: path, logger, signal: stop.signal });
if (result.outcome === 'restored') {
  console.log(`restored TXID ${formatTxid(result.txid)} of ${new Date(result.timestampMs).toISOString()}`);
} else {
  console.log(result.outcome === 'already-there' ? 'the database is there' : 'a new database: there is no backup yet');
}

const store = await Store.open({ databases: [{ path, replicas: replica }], logger });
const database = new Database(path);
database.pragma('journal_mode = WAL');
database.exec('CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY, at TEXT NOT NULL)');
const addVisit = database.prepare<[string]>('INSERT INTO visits (at) VALUES (?)');

while (!stop.signal.aborted) {
  const { lastInsertRowid } = addVisit.run(new Date().toISOString());
  // What must not be lost can wait for the replica; most services leave this to the next sync interval.
  if (Number(lastInsertRowid) % 10 === 0)
    console.log(`visit ${lastInsertRowid}: TXID ${formatTxid(await store.sync(path))} is safe`);
  await delay(20, undefined, { signal: stop.signal }).catch(() => {});
}

database.close();
await store.close();
const status = await backupStatus(replica);
if (status.outcome === 'backed-up') console.log(`stopped; the backup holds ${status.replicas[0]?.momentCount} moments`);
