import assert from 'node:assert/strict';
import { test } from 'node:test';
import { litestream } from '../support/litestream-cli.ts';

async function refused(command: string, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await litestream(command.split(' '), { cwd: '/' });
  assert.deepEqual([code, stdout], [2, ''], `${command}: ${stderr}`);
  assert.match(stderr, message, command);
}

test('replicate refuses flags and words that do not go together', async () => {
  await Promise.all([
    refused('replicate -once -exec x a.db', /-once: it does not go together with -exec/),
    refused('replicate -force-snapshot a.db', /-force-snapshot: -once is missing/),
    refused('replicate -enforce-retention a.db', /-enforce-retention: -once is missing/),
    refused('replicate -config x a.db', /-config: it does not go together with databases or URLs/),
    refused('replicate file:///x', /no database is named/),
    refused('replicate -log-level loud a.db', /-log-level: "loud" is not one of trace, debug/),
    refused(
      'replicate /x/a.db /y/a.db file:///b',
      /\/x\/a\.db and \/y\/a\.db: both would use the replica file:\/\/\/b\/a\.db/,
    ),
    refused('replicate a.db-wal', /not a database but what lies beside one/),
  ]);
});

test('replicate without words and without a config file says how to name one', async () => {
  const { code, stderr } = await litestream(['replicate', '-config', '/nothing.yml']);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /Cannot read config \/nothing\.yml: it does not exist\nHint: name one with -config or LITESTREAM_CONFIG/,
  );
});

test('restore refuses flags and words that do not go together', async () => {
  await Promise.all([
    refused('restore', /a database path or replica URL is missing/),
    refused('restore file:///x', /Cannot restore from a replica URL: flag -o is missing\nHint: litestream restore -o/),
    refused('restore -txid 0000000000000001 -timestamp now x', /-txid: it does not go together with -timestamp/),
    refused('restore -check -o y x', /-check: it does not go together with -o/),
    refused('restore -check -dry-run x', /-check: it does not go together with -dry-run/),
    refused('restore -exact x', /-exact: -txid or -timestamp is missing/),
    refused('restore -f x', /-f: following a replica is not there yet in this version/),
    refused('restore -txid 1 x', /-txid: "1" is not a TXID of 16 hexadecimal digits/),
    refused('restore -o y file:///x -config z', /Cannot use -config with the replica URL/),
    refused('restore -replica other -o y file:///x', /the database has no replica other/),
  ]);
});

test('restore says when a replica type is not there yet', async () => {
  const { code, stderr } = await litestream(['restore', '-o', 'y', 'gs://bucket/x']);
  assert.equal(code, 1);
  assert.match(stderr, /replica type "gs" is not there yet/);
});
