import { loadKernels } from '../../src/kernel/load-kernels.ts';
import { FileReplicaClient } from '../../src/replica/file/file-replica-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { DurableFiles } from '../../src/runtime/durable-files.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { restoreDatabase } from '../../src/service/restore-database.ts';

/** node killed-restore.js REPLICA OUTPUT STEP [NTH]: restores and dies at the n-th time a durable step is reached. */
const [replica = '', outputPath = '', wanted, nth = '1'] = process.argv.slice(2);
let left = Number(nth);
const durableFiles = new DurableFiles((step) => {
  if (step === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
});
const services = { kernels: loadKernels(), durableFiles, clock: systemClock, logger: silentLogger };
const client = new FileReplicaClient({ path: replica }, services);
await restoreDatabase(
  {
    replicas: [{ name: 'file', client }],
    target: { kind: 'newest' },
    outputPath,
    whenOutputExists: 'replace',
  },
  services,
);
