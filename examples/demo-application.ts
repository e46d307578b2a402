/**
 * The application of the demo, a small bank: node demo-application.js DATABASE
 *
 * It knows nothing of backups. It makes its database, says `ready`, and writes until its standard input ends. Transfers
 * are only added, so the balances of any moment follow from the transfers up to it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { accountCount, firstBalance } from './demo-bank.ts';

const documentCount = 400;

await work(process.argv[2] ?? 'app.db');

async function work(path: string): Promise<void> {
  const database = new Database(path, { timeout: 5_000 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
    CREATE TABLE transfers (id INTEGER PRIMARY KEY, sender INTEGER NOT NULL, receiver INTEGER NOT NULL,
      amount INTEGER NOT NULL, at_ms INTEGER NOT NULL);
    CREATE INDEX transfers_by_sender ON transfers (sender, at_ms);
    CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body BLOB NOT NULL);`);
  const addAccount = database.prepare('INSERT INTO accounts VALUES (?, ?)');
  const move = database.prepare('UPDATE accounts SET balance = balance + ? WHERE id = ?');
  const addTransfer = database.prepare('INSERT INTO transfers (sender, receiver, amount, at_ms) VALUES (?, ?, ?, ?)');
  const putDocument = database.prepare('REPLACE INTO documents VALUES (?, ?, ?)');
  const removeDocument = database.prepare('DELETE FROM documents WHERE id = ?');

  const begin = database.transaction(() => {
    for (let id = 1; id <= accountCount; id++) addAccount.run(id, firstBalance);
    for (let id = 1; id <= documentCount; id++) putDocument.run(id, `document ${id}`, randomBytes(8_000));
  });
  const transfer = database.transaction((sender: number, receiver: number, amount: number) => {
    move.run(-amount, sender);
    move.run(amount, receiver);
    addTransfer.run(sender, receiver, amount, Date.now());
  });

  begin();
  process.stdout.write('ready\n');
  let isAsked = false;
  process.stdin.on('end', () => {
    isAsked = true;
  });
  process.stdin.resume();
  for (let round = 0; !isAsked; round++) {
    transfer(randomUpTo(accountCount), randomUpTo(accountCount), randomUpTo(50));
    if (round % 10 === 3) putDocument.run(randomUpTo(documentCount), `round ${round}`, randomBytes(randomUpTo(16_000)));
    if (round % 50 === 7) removeDocument.run(randomUpTo(documentCount));
    await delay(1);
  }
  database.close();
}

function randomUpTo(limit: number): number {
  return 1 + Math.floor(Math.random() * limit);
}
