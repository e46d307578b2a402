import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DashboardServer } from '../../src/dashboard/dashboard-server.ts';
import type { ViewedStore } from '../../src/dashboard/live-state.ts';
import { RecentEvents } from '../../src/dashboard/recent-events.ts';
import { DatabaseCounters } from '../../src/engine/database-counters.ts';
import type { DatabaseStatus } from '../../src/engine/replicator/database-status.ts';
import { toTxid } from '../../src/format/ltx/txid.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { until } from '../engine/until.ts';
import { noBrowser, TestBrowser } from '../support/browser.ts';

const count = 2_000;

/** A store of so many databases, each changed as the test says; what real ones tell is tested with real ones. */
class ManyDatabases implements ViewedStore {
  readonly #statuses = Array.from({ length: count }, (_, i) =>
    statusOf(`/data/tenant-${String(i).padStart(4, '0')}.db`),
  );
  readonly #counts = new DatabaseCounters().snapshot();

  async status(): Promise<DatabaseStatus[]> {
    return [...this.#statuses];
  }

  async metrics() {
    return this.#statuses.map(({ path }) => ({ path, counts: this.#counts, sizeBytes: 200_000, walBytes: 4_152 }));
  }

  config(): undefined {
    return undefined;
  }

  change(index: number, changes: Partial<DatabaseStatus>): void {
    this.#statuses[index] = { ...this.#statuses[index]!, ...changes };
  }
}

function statusOf(path: string): DatabaseStatus {
  const base = { timestampMs: 1, idle: true, readerInTheWay: false, error: undefined, replicas: [] };
  return { path, state: 'replicating', txid: toTxid(7n), ...base };
}

test('the page of 2,000 databases draws few rows, finds one at once, and follows what changes', {
  skip: noBrowser,
}, async (t) => {
  const store = new ManyDatabases();
  const server = await DashboardServer.open(
    {
      ...{ place: { address: { host: '127.0.0.1', port: 0 }, token: undefined }, version: 'v1', hostname: 'host' },
      ...{ maxLagMs: 60_000, configPath: undefined, pageFolder: new URL('../../bin/page/', import.meta.url) },
    },
    { store, events: new RecentEvents(), clock: systemClock, logger: silentLogger },
  );
  t.after(() => server.close());
  await using browser = await TestBrowser.open();
  const page = await browser.page(server.url);
  await page.getByText('All 2,000 databases are backed up').waitFor();
  const rows = page.locator('.rows [role=row]');
  assert.ok((await rows.count()) < 60, `${await rows.count()} rows are drawn`);
  assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), String(count + 1));

  await page.getByRole('grid').focus();
  await page.keyboard.press('End');
  await page.getByRole('row', { name: /tenant-1999\.db/ }).waitFor();
  assert.ok((await rows.count()) < 60);

  await page.getByRole('searchbox').fill('tenant-1234');
  await page.getByText('1 of 2,000').waitFor();
  assert.equal(await rows.count(), 1);
  await page.getByRole('searchbox').fill('');

  store.change(1_500, { state: 'failed', error: 'its meta directory is gone' });
  await page.getByText('1 of 2,000 databases needs attention').waitFor();
  await page.keyboard.press('Home');
  await page.getByRole('grid').focus();
  await page.keyboard.press('Home');
  await until('it comes first', async () =>
    /tenant-1500\.db.*its meta directory is gone/.test((await rows.first().textContent())!),
  );

  // Time that scripts and drawing take while every database changes every second.
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busySeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
  const before = await busySeconds();
  for (let second = 1; second <= 3; second++) {
    for (let i = 0; i < count; i++) store.change(i, { txid: toTxid(BigInt(100 + second)) });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const busy = (await busySeconds()) - before;
  assert.ok(busy < 2.4, `the page was busy for ${busy.toFixed(2)} of 3 seconds`);
});
