import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileId, LocalFiles } from '../../../src/engine/meta/local-files.ts';
import { defaultMetaPath, MetaDirectory } from '../../../src/engine/meta/meta-directory.ts';
import { unknownChecksum } from '../../../src/format/ltx/checksum.ts';
import { decodeLtxHeader, encodeLtxHeader, noWalPosition } from '../../../src/format/ltx/header.ts';
import { toTxid } from '../../../src/format/ltx/txid.ts';
import { DurableFiles } from '../../../src/runtime/durable-files.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { temporaryFolder } from '../scene.ts';

const txid = toTxid(1);

/** The header of a file of an epoch: all that is looked at here. */
function headerOf(epoch: number): Uint8Array {
  return encodeLtxHeader({
    ...{ pageSizeBytes: 4096, commit: 1, minTxid: txid, maxTxid: txid, timestampMs: 1_763_716_000_123, epoch },
    ...{ noChecksum: true, preApplyChecksum: unknownChecksum, checksums: undefined },
    ...noWalPosition,
  });
}

test('LocalFiles gives the bytes of a file that was written again, not those it kept in memory', async (t) => {
  const meta = new MetaDirectory(defaultMetaPath(`${temporaryFolder(t)}/app.db`));
  const local = await LocalFiles.open(meta, { durableFiles: new DurableFiles(), logger: silentLogger });
  const write = async (epoch: number) => {
    const pending = await local.begin(fileId(txid));
    await pending.append(headerOf(epoch));
    await pending.replace();
    return pending;
  };
  const bytes = (await write(1)).content!;
  local.published({ txid, sizeBytes: bytes.byteLength }, { header: decodeLtxHeader(bytes), bytes });
  const file = { ...fileId(txid), sizeBytes: bytes.byteLength };
  assert.equal((await local.body(file)).header.epoch, 1);
  await write(2);
  assert.equal((await local.body(file)).header.epoch, 2);
});
