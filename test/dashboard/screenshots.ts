import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { noBrowser, TestBrowser } from '../support/browser.ts';
import { projectRoot } from '../support/project-root.ts';

const names = ['accounts', 'catalogue', 'invoices', 'orders', 'search', 'sessions', 'stock', 'tickets'];
const watchedSeconds = 100;
const writer = `
import random, sqlite3, sys, time
files = sys.argv[1:]
connections = []
for file in files:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table if not exists t (id integer primary key, x)")
    connection.executemany("insert into t (x) values (hex(randomblob(?)))", [(random.randint(50, 900),) for _ in range(2000)])
    connections.append(connection)
print("ready", flush=True)
while True:
    busy = random.choices(range(len(connections)), [1, 2, 3, 9, 1, 6, 0, 0])[0]
    connections[busy].execute("insert into t (x) values (hex(randomblob(?)))", [random.randint(50, 9000)])
    time.sleep(random.random() * 0.15)
`;

/** Takes the pictures of docs/dashboard.md from a real process with real databases: npm run screenshots. */
async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  const files = names.map((name) => join(folder, `${name}.db`));
  writeFileSync(join(folder, 'litestream.yml'), configOf(folder, files));
  const application = spawn('python3', ['-c', writer, ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => application.stdout.once('data', resolve));
  const entry = fileURLToPath(new URL('../../bin/litestream.js', import.meta.url));
  const daemon = spawn(process.execPath, [entry, 'replicate', '-config', join(folder, 'litestream.yml')]);
  const url = await new Promise<string>((resolve) => {
    daemon.stderr.on('data', (data: Buffer) => {
      const address = /serving the dashboard" addr=(\S+)/.exec(String(data))?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  try {
    await sleep(watchedSeconds * 1000);
    await pictures(url, join(folder, 'orders.db'));
  } finally {
    application.kill();
    daemon.kill();
    await new Promise((resolve) => daemon.once('close', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One database has a replica that cannot be written. */
function configOf(folder: string, files: readonly string[]): string {
  writeFileSync(join(folder, 'full'), '');
  const dbs = files.map((path) => {
    const replica = path.includes('tickets') ? 'full/tickets' : `backup/${path.slice(folder.length + 1)}`;
    return `  - {path: ${path}, replica: {path: ${join(folder, replica)}}}`;
  });
  return `dashboard: {addr: "127.0.0.1:0"}\nlevels: [{interval: 5s}, {interval: 30s}]\ndbs:\n${dbs.join('\n')}\n`;
}

async function pictures(url: string, database: string): Promise<void> {
  await using browser = await TestBrowser.open();
  const target = join(projectRoot, 'docs/screenshots');
  mkdirSync(target, { recursive: true });
  const take = async (page: Page, name: string) => {
    await page.waitForTimeout(2_000);
    await page.screenshot({ path: join(target, `${name}.png`) });
  };
  const details = `${url}#/db/${encodeURIComponent(database)}`;
  const wide = { viewport: { width: 1280, height: 760 } };
  await take(await browser.page(url, wide), 'dashboard');
  await take(
    await browser.page(details, { viewport: { width: 1280, height: 980 }, colorScheme: 'dark' }),
    'dashboard-details',
  );
  await take(
    await browser.page(url, { viewport: { width: 390, height: 780 }, colorScheme: 'dark' }),
    'dashboard-phone',
  );
}

await main();
