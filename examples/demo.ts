/**
 * npm run demo: an application writes its database, a replicator beside it is killed hard and started again, and what
 * comes back is compared with what was written. Ends with 1 when anything differs.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { backupStatus } from '../src/index.ts';
import { accountsDigestAfter, type Bank, readBank } from './demo-bank.ts';

const applicationProgram = fileURLToPath(new URL('./demo-application.js', import.meta.url));
const command = fileURLToPath(new URL('../cmd/litestream.js', import.meta.url));
const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'litestream-demo-'));
const path = join(folder, 'app.db');
const replica = join(folder, 'replica');
const children: ChildProcess[] = [];
const problems: string[] = [];

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(name, () => process.exit(code));

say(`Everything happens in ${folder} and is removed at the end.`);
const application = start('application', [applicationProgram, path]);
await once(application.stdout!, 'data');
let replicator = replicate();
await untilShipped();
say(
  `An application (process ${application.pid}) writes app.db; litestream replicate (process ${replicator.pid}) copies it.`,
);
await delay(1_100);
const momentMs = Date.now();
const atMoment = transferCount();
say(`  ${atMoment} transfers committed, ${await momentsHeld()} moments in the replica`);
await delay(1_100);

const atKill = transferCount();
replicator.kill('SIGKILL');
await once(replicator, 'exit');
await delay(800);
const unseen = transferCount() - atKill;
say(`The replicator was killed with SIGKILL. The application went on: ${unseen} transfers that nobody saw.`);
const before = await momentsHeld();
replicator = replicate();
await untilShipped(before);
await delay(1_200);
application.stdin!.end();
await exitOf(application, 'the application');
replicator.kill('SIGTERM');
await exitOf(replicator, 'litestream replicate');
const original = readBank(path);
say(
  'The replicator was started again; then the application closed its database, and the replicator was asked to stop.',
);
say(
  `  app.db has ${original.transferCount} transfers and ${megabytes(original.sizeBytes)}, ${await momentsHeld()} moments in the replica`,
);

const newest = await restored('newest.db');
say(`Restored the newest state in ${newest.seconds} s:`);
expect(
  newest.bank.digest === original.digest,
  `every row of every table is the same (sha256 ${newest.bank.digest.slice(0, 16)})`,
);
expect(
  newest.bank.transferCount === original.transferCount,
  `${newest.bank.transferCount} of ${original.transferCount} transfers`,
);
expect(newest.bank.integrity === 'ok', `SQLite's integrity check says ${newest.bank.integrity}`);

const time = new Date(momentMs).toISOString();
const { bank, seconds } = await restored('moment.db', '-timestamp', time);
say(`Restored the state at ${time} in ${seconds} s:`);
const { transferCount: count, lastTransferMs } = bank;
const isBefore = count > 0 && count <= atMoment && lastTransferMs <= momentMs;
expect(isBefore, `${count} transfers, the last one ${momentMs - lastTransferMs} ms before that moment`);
const expected = accountsDigestAfter(path, count);
expect(bank.accountsDigest === expected, 'all balances are what these transfers made them');
expect(bank.integrity === 'ok', `SQLite's integrity check says ${bank.integrity}`);

say(problems.length === 0 ? 'Nothing was lost.' : `${problems.length} things are wrong.`);
process.exit(problems.length === 0 ? 0 : 1);

function say(line: string): void {
  console.log(line);
}

function expect(holds: boolean, what: string): void {
  say(`  ${holds ? 'yes' : 'NO '} ${what}`);
  if (!holds) problems.push(what);
}

function start(kind: 'application' | 'replicator', args: readonly string[]): ChildProcess {
  const output = kind === 'application' ? 'pipe' : 'ignore';
  const child = spawn(process.execPath, args, { stdio: ['pipe', output, 'inherit'] });
  children.push(child);
  return child;
}

function replicate(): ChildProcess {
  return start('replicator', [command, 'replicate', '-log-level', 'error', path, `file://${replica}`]);
}

async function untilShipped(before = 0): Promise<void> {
  for (const endMs = performance.now() + 20_000; (await momentsHeld()) <= before; await delay(50)) {
    if (performance.now() > endMs) throw new Error(`Cannot go on: nothing has reached ${replica}`);
  }
}

async function exitOf(child: ChildProcess, name: string): Promise<void> {
  const exit = child.exitCode === null && child.signalCode === null ? await once(child, 'exit') : [child.exitCode];
  if (exit[0] !== 0) problems.push(`${name} ended with ${exit[0] ?? child.signalCode}`);
}

async function momentsHeld(): Promise<number> {
  const { replicas } = await backupStatus(replica);
  return replicas[0]?.momentCount ?? 0;
}

function transferCount(): number {
  const database = new Database(path, { readonly: true });
  try {
    return Number(database.prepare('SELECT count(*) FROM transfers').pluck().get());
  } finally {
    database.close();
  }
}

async function restored(name: string, ...flags: string[]): Promise<{ bank: Bank; seconds: string }> {
  const output = join(folder, name);
  const startMs = performance.now();
  await run(process.execPath, [command, 'restore', ...flags, '-o', output, `file://${replica}`]);
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  return { bank: readBank(output), seconds };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
