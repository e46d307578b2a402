import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type MemoryCall,
  type MemoryFiles,
  MemoryReplicaClient,
} from '../../../src/replica/memory/memory-replica-client.ts';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { body, bytesOf, file, listAll } from '../../conformance/replica-client/fixture.ts';
import { describeReplicaClient } from '../../conformance/replica-client.ts';

describeReplicaClient('memory', {
  features: { boundedMemory: false },
  async open() {
    const files: MemoryFiles = new Map();
    const client = new MemoryReplicaClient({ files });
    return {
      client,
      reopen: () => new MemoryReplicaClient({ files }),
      async plant(level, name, bytes) {
        files.set(`ltx/${level}/${name}`, bytes);
      },
      async names(level) {
        const prefix = `ltx/${level}/`;
        const paths = [...files.keys()].filter((path) => path.startsWith(prefix));
        return paths.map((path) => path.slice(prefix.length)).sort();
      },
      async [Symbol.asyncDispose]() {
        await client.close();
      },
    };
  },
});

describe('MemoryReplicaClient', () => {
  test('fault makes the calls fail that a test picks, and only those', async () => {
    const failure = new ReplicaError('unavailable', 'Cannot reach the store: it is away');
    const calls: MemoryCall[] = [];
    let failing: MemoryCall['operation'] | undefined;
    const client = new MemoryReplicaClient({
      fault(call) {
        calls.push(call);
        return call.operation === failing ? failure : undefined;
      },
    });
    const attempts = {
      write: () => client.write(file(0, 1), body(bytesOf(10))),
      list: () => listAll(client, 0),
      open: () => client.open(file(0, 1)),
      read: async () => (await client.open(file(0, 1))).read(Buffer.alloc(5)),
      delete: () => client.delete([file(0, 2)]),
      deleteAll: () => client.deleteAll(),
    };
    for (const [operation, attempt] of Object.entries(attempts)) {
      failing = operation as MemoryCall['operation'];
      await assert.rejects(attempt, failure, operation);
      failing = undefined;
      await attempt();
    }
    assert.deepEqual(calls[0], { operation: 'write', file: file(0, 1) });
  });

  test('url carries the name', () => {
    assert.equal(new MemoryReplicaClient({ name: 'a' }).url, 'memory:a');
  });
});
