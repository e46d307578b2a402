import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../engine/until.ts';
import { Application } from '../sqlite/application.ts';
import { noBrowser, TestBrowser } from '../support/browser.ts';
import { DashboardScene } from './dashboard-scene.ts';

const skip = noBrowser;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, by its rules and the elements. */
async function accessibilityProblems(page: Page): Promise<string[]> {
  // The page's own policy lets no foreign script in; the debugger's may.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axeSource });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

test('the page tells at one look that all is well, and what is not when something breaks', { skip }, async (t) => {
  const scene = await DashboardScene.open(t, { names: ['app.db', 'two.db'] });
  await using browser = await TestBrowser.open();
  const page = await browser.page(scene.url);
  await page.getByText('All 2 databases are backed up').waitFor();
  const row = page.getByRole('row', { name: /app\.db/ });
  assert.match((await row.textContent())!, /replicating.*app\.db/);
  scene.breakReplica('app.db');
  await scene.write();
  await page.getByText('1 of 2 databases needs attention').waitFor();
  assert.match((await page.getByRole('row').nth(1).textContent())!, /app\.db.*replica file/, 'trouble comes first');
  await page.getByRole('list', { name: 'Events' }).getByText('replica does not accept files').waitFor();
  scene.mendReplica('app.db');
  await page.getByText('All 2 databases are backed up').waitFor();
});

test('the page says when the process is gone, and goes on when it is back', { skip }, async (t) => {
  const scene = await DashboardScene.open(t);
  await using browser = await TestBrowser.open();
  const page = await browser.page(scene.url);
  await page.getByText('The database is backed up').waitFor();
  browser.forgive(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY/);
  assert.equal(await scene.daemon.stop(), 0, 'an open page keeps nothing from ending');
  await page.getByText('No connection to litestream').waitFor();
  await scene.startAgain(t);
  await page.getByText('The database is backed up').waitFor();
});

test('a moment is chosen by pointer and by keys, and restored to a file beside the database', { skip }, async (t) => {
  const scene = await DashboardScene.open(t, { names: ['app.db', 'two.db'] });
  await using browser = await TestBrowser.open();
  const page = await browser.page(scene.url);
  await page.getByRole('row', { name: /app\.db/ }).click();
  const details = page.getByRole('region', { name: /^app\.db/ });
  await details.getByText(/TXID 1$/).waitFor();
  for (let i = 0; i < 3; i++) {
    await scene.write();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
  await details.getByText(/^State of .* TXID 4$/).waitFor();
  const slider = details.getByRole('slider', { name: 'Moment' });
  await slider.focus();
  await page.keyboard.press('Home');
  await details.getByText(/^State of .* TXID 1$/).waitFor();
  assert.match((await slider.getAttribute('aria-valuetext'))!, /\d:\d\d/);
  const drawing = (await details.locator('.timeline svg').boundingBox())!;
  await page.mouse.click(drawing.x + drawing.width - 3, drawing.y + 10);
  await details.getByText(/^State of .* TXID [34]$/).waitFor();
  assert.ok((await details.locator('.bar.used').count()) > 0, 'the files that would restore it are marked');
  await slider.focus();
  await page.keyboard.press('Home');
  await details.getByText(/^State of .* TXID 1$/).waitFor();
  await details.getByRole('textbox', { name: /Restore beside/ }).fill('side.db');
  await details.getByRole('button', { name: 'Restore' }).click();
  await details.getByText(/Restored and verified/).waitFor();
  await using application = new Application(scene.path('side.db'));
  assert.deepEqual(await application.run('select count(*) from t'), [[3]]);
  await details.getByRole('button', { name: 'Restore' }).click();
  await details.getByText(/there is a file of that name/).waitFor();
});

test('the command for a restore is copied', { skip }, async (t) => {
  const scene = await DashboardScene.open(t);
  await using browser = await TestBrowser.open();
  const page = await browser.page(`${scene.url}#/db/${encodeURIComponent(scene.path('app.db'))}`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.getByRole('button', { name: 'Copy the command' }).click();
  await page.getByText('Copied').waitFor();
  const command = String(await page.evaluate('navigator.clipboard.readText()'));
  assert.match(
    command,
    /^litestream restore -txid 0000000000000001 -o \S+app\.db\.restored-\S+Z -config \S+ \S+app\.db$/,
  );
});

test('the list is searched and gone through by keys alone', { skip }, async (t) => {
  const scene = await DashboardScene.open(t, { names: ['alpha.db', 'beta.db', 'gamma.db'] });
  await using browser = await TestBrowser.open();
  const page = await browser.page(scene.url);
  await page.getByText('All 3 databases are backed up').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('mma');
  await page.getByText('1 of 3').waitFor();
  assert.equal(await page.getByRole('row', { name: /alpha/ }).count(), 0);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Backspace');
  const grid = page.getByRole('grid');
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  const active = await grid.getAttribute('aria-activedescendant');
  assert.match((await page.locator(`#${active}`).textContent())!, /beta\.db/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /^beta\.db/ }).waitFor();
  assert.match(page.url(), /#\/db\//);
  await page.keyboard.press('Escape');
  await until('the details are closed', async () => (await page.getByRole('heading', { name: /^beta/ }).count()) === 0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on the page in ${colorScheme} colours, wide and on a phone`, { skip }, async (t) => {
    const scene = await DashboardScene.open(t, { names: ['app.db', 'two.db'] });
    await using browser = await TestBrowser.open();
    for (const viewport of [
      { width: 1300, height: 900 },
      { width: 390, height: 780 },
    ]) {
      const page = await browser.page(scene.url, { colorScheme, viewport });
      await page.getByText('All 2 databases are backed up').waitFor();
      assert.deepEqual(await accessibilityProblems(page), [], `list, ${viewport.width}`);
      await page.getByRole('row', { name: /app\.db/ }).click();
      await page.getByRole('button', { name: 'Restore' }).waitFor();
      assert.deepEqual(await accessibilityProblems(page), [], `details, ${viewport.width}`);
      const tooWide = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
      assert.ok(tooWide <= 0, `the page is ${tooWide} pixels too wide`);
      const ground = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      assert.equal(ground.startsWith('rgb(2'), colorScheme === 'light', ground);
    }
  });
}

test('a token opens the page, and axe finds nothing where it is asked for', { skip }, async (t) => {
  const token = 'a-token-of-some-length';
  const scene = await DashboardScene.open(t, { dashboard: `, token: ${token}` });
  await using browser = await TestBrowser.open();
  browser.forgive(/401|403/);
  const page = await browser.page(scene.url);
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByLabel(/token/).fill('not-the-one-that-is-configured');
  await page.getByRole('button').click();
  await page.getByLabel(/token/).fill(token);
  await page.getByRole('button').click();
  await page.getByText('The database is backed up').waitFor();
});
