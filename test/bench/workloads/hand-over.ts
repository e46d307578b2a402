import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.ts';
import { S3Server } from '../../support/s3-server.ts';
import { LoggedProcess } from '../logged-process.ts';
import { ownProgram } from '../program.ts';
import type { Bench, Workload } from '../workload.ts';

const pauses = new Random(1);

/** How long a second host waits for the lease of one that is stopped cleanly. Programs without leases are not asked. */
export const handOverWorkload: Workload = {
  name: 'hand-over',
  about: 'two hosts and one replica on an S3 server; from SIGTERM of the one with the lease to the other one having it',
  promises: [{ measure: 'cleanStopMs', below: 2_000 }],
  async round(bench) {
    return new Map([[ownProgram.name, { cleanStopMs: await cleanStopMs(bench) }]]);
  },
};

async function cleanStopMs({ workspace, size }: Bench): Promise<number> {
  const folder = await workspace.folder();
  await using server = await S3Server.start();
  const hosts: LoggedProcess[] = [];
  try {
    for (const owner of ['first', 'second']) await mkdir(join(folder, owner));
    await workspace.database(size.busyMegabytes, join(folder, 'first'));
    const [first, second] = [await start('first'), await start('second', 'waiting for it')];
    // The stop may fall anywhere between two looks of the one that waits.
    await sleep(pauses.int(0, size.longestPauseMs));
    const isTaken = second.says('lease acquired');
    const beginMs = performance.now();
    first.end('SIGTERM');
    await isTaken;
    return performance.now() - beginMs;
  } finally {
    for (const host of hosts) host.end('SIGKILL');
    await Promise.all(hosts.map((host) => host.ended));
    await workspace.remove(folder);
  }

  async function start(owner: string, sign = 'lease acquired'): Promise<LoggedProcess> {
    const configPath = join(folder, `${owner}.yml`);
    const { accessKeyId, secretAccessKey } = server.credentials;
    const config = {
      lease: { enabled: true, owner },
      'access-key-id': accessKeyId,
      'secret-access-key': secretAccessKey,
      dbs: [
        { path: join(folder, owner, 'app.db'), 'restore-if-db-not-exists': true, replica: { url: server.url('app') } },
      ],
    };
    await writeFile(configPath, JSON.stringify(config)); // which is YAML too
    const host = new LoggedProcess(ownProgram, ['replicate', '-config', configPath]);
    hosts.push(host);
    await host.says(sign);
    return host;
  }
}
