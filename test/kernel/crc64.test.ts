import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { combineRegisters } from '../../src/kernel/crc64-combine.ts';
import { bothKernels, describeKernels } from './every-kernels.ts';
import { incompressible } from './sample-pages.ts';
import { seededCheck } from './seeded-check.ts';

const allOnes = 0xffff_ffff_ffff_ffffn;

/** The definition, bit by bit. */
function crc64ByBits(register: bigint, bytes: Uint8Array): bigint {
  let running = register;
  for (const byte of bytes) {
    running ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      running = (running & 1n) === 1n ? (running >> 1n) ^ 0xd800_0000_0000_0000n : running >> 1n;
    }
  }
  return running;
}

describeKernels('crc64', (kernels) => {
  it('gives the published check value', () => {
    const register = kernels.crc64(allOnes, Buffer.from('123456789'));
    assert.equal((register ^ allOnes).toString(16), 'b90956c775a41001');
  });

  it('leaves the register as it is for no bytes', () => {
    assert.equal(kernels.crc64(0x1234_5678_9abc_def0n, new Uint8Array()), 0x1234_5678_9abc_def0n);
    assert.equal(kernels.crc64(allOnes, new Uint8Array()), allOnes);
  });

  it('follows the definition bit by bit at every length up to 300 and any alignment', () => {
    const noise = incompressible(320);
    for (let length = 0; length <= 300; length++) {
      const bytes = noise.subarray(length % 17, (length % 17) + length);
      assert.equal(kernels.crc64(allOnes, bytes), crc64ByBits(allOnes, bytes), `${length} bytes`);
    }
  });

  it('gives the same for parts as for the whole, above every chunk size', () => {
    const bytes = incompressible(700_003);
    let parts = allOnes;
    for (let at = 0; at < bytes.length; at += 65_537) parts = kernels.crc64(parts, bytes.subarray(at, at + 65_537));
    assert.equal(parts, kernels.crc64(allOnes, bytes));
  });
});

it('crc64 gives one register on both kernels for random registers and bytes', () => {
  const input = fc.tuple(fc.bigInt({ min: 0n, max: allOnes }), fc.uint8Array({ maxLength: 2000 }));
  const property = fc.property(input, ([register, bytes]) => {
    const [reference, wasm] = bothKernels.map((kernels) => kernels.crc64(register, bytes));
    assert.equal(wasm, reference);
  });
  seededCheck(property, 300);
});

it('combineRegisters gives the register of two parts fed one after the other', () => {
  const part = fc.uint8Array({ maxLength: 300 });
  const property = fc.property(fc.bigInt({ min: 0n, max: allOnes }), part, part, (register, first, second) => {
    const [kernels] = bothKernels;
    const a = kernels!.crc64(register, first);
    const whole = kernels!.crc64(a, second);
    assert.equal(combineRegisters(a, kernels!.crc64(0n, second), second.length), whole);
  });
  seededCheck(property, 100);
});

it('combineRegisters moves over lengths beyond 32 bits', () => {
  let register = 0x0123_4567_89ab_cdefn;
  const half = combineRegisters(register, 0n, 2 ** 40);
  for (let step = 0; step < 4; step++) register = combineRegisters(register, 0n, 2 ** 38);
  assert.equal(register, half);
});
