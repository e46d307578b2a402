import { FileReplicaClient, type FileReplicaOptions } from '../../../src/replica/file/file-replica-client.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { body, bytesOf, file } from '../../conformance/replica-client/fixture.ts';
import { noHardLinks } from './file-fixture.ts';

/**
 * A process that writes file 1 of level 0 (100,000 bytes, seed 1) and prints the outcome or the error's code. With a
 * step it kills itself there: a durable step, or `body` for the middle of the bytes.
 */
const [path = '', links = 'links', step = ''] = process.argv.slice(2);

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

const options: FileReplicaOptions = links === 'links' ? { path } : { path, link: noHardLinks('EPERM') };
const durableFiles = new DurableFiles((reached) => {
  if (reached === step) die();
});
const client = new FileReplicaClient(options, { durableFiles, logger: silentLogger });
const whole = body(bytesOf(100_000), 10_000);
const dying = {
  ...whole,
  async *open() {
    let chunks = 0;
    for await (const chunk of whole.open()) {
      chunks += 1;
      if (chunks === 5) die();
      yield chunk;
    }
  },
};
try {
  console.log(await client.write(file(0, 1), step === 'body' ? dying : whole));
} catch (error) {
  if (!(error instanceof ReplicaError)) throw error;
  console.log(error.code);
}
