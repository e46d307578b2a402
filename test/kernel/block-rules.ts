import assert from 'node:assert/strict';

/** Reads a block as the format's description says and holds it to the end rules, apart from both kernels. */
export function readStrictly(block: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let from = 0;
  let lastMatchStart: number | undefined;
  const next = (): number => {
    assert.ok(from < block.length, 'the block is cut short');
    return block[from++]!;
  };
  const readLength = (code: number): number => {
    let length = code;
    for (let byte = code === 15 ? 255 : 0; byte === 255; length += byte) byte = next();
    return length;
  };
  for (;;) {
    const token = next();
    const literals = readLength(token >> 4);
    for (let count = 0; count < literals; count++) bytes.push(next());
    if (from === block.length) {
      if (lastMatchStart !== undefined) {
        assert.ok(literals >= 5, 'the last 5 bytes are literals');
        assert.ok(lastMatchStart <= bytes.length - 12, 'the last match begins 12 bytes before the end');
      }
      assert.equal(token & 15, 0);
      return Uint8Array.from(bytes);
    }
    const offset = next() | (next() << 8);
    assert.ok(offset > 0 && offset <= bytes.length, 'offsets stay inside');
    lastMatchStart = bytes.length;
    const length = readLength(token & 15) + 4;
    for (let count = 0; count < length; count++) bytes.push(bytes[bytes.length - offset]!);
  }
}
