import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentEvents } from '../../src/dashboard/recent-events.ts';
import { loggerFrom } from '../../src/runtime/logger.ts';

test('RecentEvents hands every line on and keeps those from info up, with fields as the log writes them', () => {
  const written: string[] = [];
  const events = new RecentEvents();
  const heard: string[] = [];
  const deaf = events.listen(({ message }) => heard.push(message));
  const logger = events.tee(loggerFrom((level, message) => written.push(`${level} ${message}`)));
  logger.debug('looked');
  logger.child({ db: '/app.db' }).info('shipped', { txid: 26n, range: { to: 255n }, nothing: undefined });
  deaf();
  const error = new Error('cannot send', { cause: new Error('no route') });
  logger.warn('trying again', { replica: 's3', error });
  assert.deepEqual(written, ['debug looked', 'info shipped', 'warn trying again']);
  assert.deepEqual(heard, ['shipped']);
  assert.deepEqual(
    events.kept.map(({ id, level, db, replica, details }) => [id, level, db, replica, details]),
    [
      [1, 'info', '/app.db', undefined, 'txid=000000000000001a range={"to":"00000000000000ff"}'],
      [2, 'warn', undefined, 's3', 'error=cannot send: no route'],
    ],
  );
});
