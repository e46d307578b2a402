import { describe } from 'node:test';
import type { ReplicaSuite } from './replica-client/fixture.ts';
import { lifecycleTests } from './replica-client/lifecycle.ts';
import { listingTests } from './replica-client/listing.ts';
import { readingTests } from './replica-client/reading.ts';
import { removingTests } from './replica-client/removing.ts';
import { writingTests } from './replica-client/writing.ts';

/** Everything the port's comments promise, for one adapter. */
export function describeReplicaClient(name: string, suite: ReplicaSuite): void {
  describe(`replica client ${name}`, { concurrency: false }, () => {
    describe('list', () => listingTests(suite));
    describe('open', () => readingTests(suite));
    describe('write', () => writingTests(suite));
    describe('delete', () => removingTests(suite));
    describe('close', () => lifecycleTests(suite));
  });
}
