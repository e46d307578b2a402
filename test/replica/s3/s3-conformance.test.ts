import { after, before } from 'node:test';
import { describeReplicaClient } from '../../conformance/replica-client.ts';
import { S3Server } from '../../support/s3-server.ts';
import { openS3Fixture } from './s3-fixture.ts';

let server: S3Server;
before(async () => {
  server = await S3Server.start();
});
after(() => server[Symbol.asyncDispose]());

describeReplicaClient('s3', { features: { boundedMemory: false }, open: () => openS3Fixture(server) });
