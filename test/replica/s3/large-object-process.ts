import { createHash } from 'node:crypto';
import type { S3Location } from '../../../src/replica/s3/s3-location.ts';
import { S3ReplicaClient } from '../../../src/replica/s3/s3-replica-client.ts';
import { bodyTimestampMs, bytesOf, file } from '../../conformance/replica-client/fixture.ts';
import { s3Services } from './s3-fixture.ts';

/** What a process that moved a large object says of itself. */
export interface LargeObjectReport {
  readonly outcome: string;
  readonly written: string;
  readonly read: string;
  /** The most memory it had. */
  readonly mostMegabytes: number;
}

/** Writes an object of so many MB, reads it back and reports. */
const [location = '', megabytes = ''] = process.argv.slice(2);
const client = new S3ReplicaClient(JSON.parse(location) as S3Location, s3Services());
const id = file(9, 1, 5);
const chunk = bytesOf(1 << 20);
let mostBytes = 0;
const watch = () => {
  mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
};

const written = createHash('sha256');
const outcome = await client.write(id, {
  sizeBytes: Number(megabytes) << 20,
  timestampMs: bodyTimestampMs,
  async *open() {
    for (let at = 0; at < Number(megabytes); at += 1) {
      chunk.writeUInt32LE(at);
      written.update(chunk);
      watch();
      yield chunk;
    }
  },
});

const read = createHash('sha256');
const target = Buffer.alloc(1 << 20);
const reader = await client.open(id);
for (let bytes = await reader.read(target); bytes > 0; bytes = await reader.read(target)) {
  read.update(target.subarray(0, bytes));
  watch();
}
await reader.close();
await client.close();
const report: LargeObjectReport = {
  outcome,
  written: written.digest('hex'),
  read: read.digest('hex'),
  mostMegabytes: Math.round(mostBytes / (1 << 20)),
};
process.stdout.write(JSON.stringify(report));
