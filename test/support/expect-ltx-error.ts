import assert from 'node:assert/strict';
import { LtxError, type LtxErrorCode } from '../../src/format/ltx/ltx-error.ts';

/** Asserts that `act` throws an LtxError of this code with a message in the project's form. */
export function expectLtxError(code: LtxErrorCode, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof LtxError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^Cannot .+: .+[^.]$/);
    return true;
  });
}
