import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consoleLogger } from '../../cmd/console-logger.ts';
import type { Logger } from '../../src/runtime/logger.ts';

const atMs = Date.parse('2026-05-01T12:00:00.500Z');

function linesOf(config: Partial<Parameters<typeof consoleLogger>[0]>, use: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  use(consoleLogger({ level: 'info', type: 'text', source: false, ...config }, write, () => atMs));
  return lines;
}

test('consoleLogger writes text lines as slog does', () => {
  const lines = linesOf({}, (logger) => {
    logger.info('snapshot written', { db: '/a b.db', txid: 26n, size: 5, empty: '', none: undefined });
    logger.child({ db: 'x' }).error('sync failed', { error: new Error('no', { cause: new Error('space') }) });
    logger.warn('a\nb', { list: [1, 2], quote: '"' });
  });
  assert.deepEqual(lines, [
    'time=2026-05-01T12:00:00.500Z level=INFO msg="snapshot written" db="/a b.db" txid=000000000000001a size=5 empty=""\n',
    'time=2026-05-01T12:00:00.500Z level=ERROR msg="sync failed" db=x error="no: space"\n',
    'time=2026-05-01T12:00:00.500Z level=WARN msg="a\\nb" list=[1,2] quote="\\""\n',
  ]);
});

test('consoleLogger writes one JSON object a line', () => {
  const lines = linesOf({ type: 'json' }, (logger) =>
    logger.info('x\ny', { txid: 26n, error: new Error('no'), deep: { n: 1n } }),
  );
  assert.equal(lines.length, 1);
  assert.deepEqual(JSON.parse(lines[0]!), {
    time: '2026-05-01T12:00:00.500Z',
    level: 'INFO',
    msg: 'x\ny',
    txid: '000000000000001a',
    error: 'no',
    deep: { n: '0000000000000001' },
  });
});

test('consoleLogger keeps to its level', () => {
  const all = (logger: Logger) => {
    logger.debug('d');
    logger.info('i');
    logger.warn('w');
    logger.error('e');
  };
  assert.deepEqual(
    (['debug', 'info', 'warn', 'error'] as const).map((level) => linesOf({ level }, all).length),
    [4, 3, 2, 1],
  );
});

test('consoleLogger names the line that logged when asked to', () => {
  const [line = ''] = linesOf({ source: true }, (logger) => logger.child({}).info('x'));
  assert.match(line, / source=test\/cmd\/console-logger\.test\.[jt]s:\d+ msg=x\n$/);
});
