import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplicaError } from '../../../src/replica/replica-error.ts';
import { channelLogger, writeLine } from '../../../src/service/shard/channel-logger.ts';
import { errorOfRecord, recordOfError } from '../../../src/service/shard/error-record.ts';
import type { FromShard } from '../../../src/service/shard/shard-protocol.ts';
import { recordingLogger } from '../recording-logger.ts';

describe('channelLogger', () => {
  it('carries lines at and above its level over a channel, with TXIDs, errors and their causes', () => {
    const { logger, lines } = recordingLogger();
    const send = (message: FromShard) => {
      const arrived = structuredClone(message);
      if (arrived.kind === 'log') writeLine(logger, arrived);
    };
    const sent = channelLogger('info', send).child({ db: '/one.db' });
    const cause = new Error('ENOSPC');
    sent.debug('too low');
    sent.warn('cannot write', {
      txid: 7n,
      error: new ReplicaError('unavailable', 'Cannot write', { cause, hint: 'do' }),
    });
    sent.error('odd', { callback: () => 1 });
    assert.deepEqual(
      lines.map(({ level, message }) => [level, message]),
      [
        ['warn', 'cannot write'],
        ['error', 'odd'],
      ],
    );
    const { error, ...fields } = lines[0]!.fields;
    assert.deepEqual(fields, { db: '/one.db', txid: 7n });
    assert.ok(error instanceof Error && error.cause instanceof Error);
    assert.deepEqual([error.message, error.cause.message], ['Cannot write', 'ENOSPC']);
  });
});

describe('errorOfRecord', () => {
  it('keeps what an error says and where it was thrown, and ends at some depth', () => {
    const error = new ReplicaError('not-found', 'Cannot open', { hint: 'look' });
    const again = errorOfRecord(structuredClone(recordOfError(error)));
    assert.deepEqual([again.code, again.message, again.hint], ['in-shard', 'Cannot open', 'look']);
    assert.deepEqual(again.data, { name: 'ReplicaError', code: 'not-found' });
    assert.equal(again.stack, error.stack);
    const circular = new Error('round');
    circular.cause = circular;
    assert.equal(errorOfRecord(recordOfError(circular)).message, 'round');
    assert.equal(errorOfRecord(recordOfError('text')).message, 'text');
  });
});
