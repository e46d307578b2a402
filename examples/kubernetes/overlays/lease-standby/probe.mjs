/**
 * Exit code 0 where this host may write. `node probe.mjs lease`: it holds the lease of every database. `node probe.mjs start`:
 * and every database is there as the last holder left it, or has no backup yet, so that the application may start.
 */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [what, addr = '127.0.0.1:9090', socketPath = '/run/litestream/litestream.sock'] = process.argv.slice(2);
const startable = ['replicating', 'parked', 'waiting'];

const holds =
  what === 'start' ? (await mayStart()) && (await sleep(500, true)) && (await mayStart()) : await holdsLeases();
process.exit(holds ? 0 : 1);

/** Asked for twice: between two states a database has the first one still. */
async function mayStart() {
  const { databases } = JSON.parse(await textOf({ socketPath, path: '/list' }));
  return (
    (await holdsLeases()) && databases.every(({ status, error }) => startable.includes(status) && error === undefined)
  );
}

async function holdsLeases() {
  const metrics = await textOf(new URL(`http://${addr}/metrics`));
  const held = [...metrics.matchAll(/^litestream_lease_held\{.*\} (\d)$/gm)].map(([, value]) => value);
  return held.length > 0 && held.every((value) => value === '1');
}

function textOf(address) {
  return new Promise((resolve, reject) => {
    get(address, async (response) => resolve((await response.setEncoding('utf8').toArray()).join(''))).on(
      'error',
      reject,
    );
  });
}
