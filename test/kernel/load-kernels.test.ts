import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { wasmKernels } from './every-kernels.ts';

const compiledSources = fileURLToPath(new URL('../../src/', import.meta.url));

it('loadKernels gives the WASM build', () => {
  assert.equal(wasmKernels.kind, 'wasm');
});

for (const [title, bytes] of [
  ['is missing', undefined],
  ['is damaged', Uint8Array.of(0, 97, 115, 109, 9)],
] as const) {
  it(`loadKernels names the way out when the WASM file ${title}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
    try {
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      for (const part of ['kernel', 'runtime'])
        cpSync(join(compiledSources, part), join(folder, part), { recursive: true });
      rmSync(join(folder, 'kernel/kernels.wasm'));
      if (bytes !== undefined) writeFileSync(join(folder, 'kernel/kernels.wasm'), bytes);
      const { loadKernels } = await import(pathToFileURL(join(folder, 'kernel/load-kernels.js')).href);
      assert.throws(loadKernels, { name: 'KernelError', code: 'wasm-missing', hint: /npm run build/ });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
