import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { S3Server } from '../../support/s3-server.ts';
import type { LargeObjectReport } from './large-object-process.ts';

const program = fileURLToPath(new URL('./large-object-process.js', import.meta.url));

/** LARGE_OBJECT_MB=1024 moves a gigabyte, within the same bound. */
const megabytes = Number(process.env.LARGE_OBJECT_MB ?? 256);
const mostMegabytes = 200;

test(`write and read of an object of ${megabytes} MB take less than ${mostMegabytes} MB of memory, the whole process included`, async (t) => {
  await using server = await S3Server.start();
  const location = JSON.stringify(server.location('large'));
  const { stdout } = await promisify(execFile)(process.execPath, [program, location, String(megabytes)]);
  const report = JSON.parse(stdout) as LargeObjectReport;
  t.diagnostic(`${report.mostMegabytes} MB`);
  assert.equal(report.outcome, 'created');
  assert.equal(report.read, report.written);
  assert.ok(report.mostMegabytes < mostMegabytes, `${report.mostMegabytes} MB`);
});
