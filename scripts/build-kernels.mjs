// Compiles the AssemblyScript kernels into one WASM file: node scripts/build-kernels.mjs OUT
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const assembly = fileURLToPath(new URL('../src/kernel/assembly', import.meta.url));

/** Writes the WASM build of the kernels to `outputPath`. */
export async function buildKernels(outputPath) {
  await mkdir(dirname(resolve(outputPath)), { recursive: true });
  // The compiler takes paths relative to its base directory only.
  const outFile = relative(assembly, resolve(outputPath));
  const config = join(assembly, 'asconfig.json');
  const { error, stderr } = await asc.main([
    '--baseDir',
    assembly,
    '--config',
    relative(assembly, config),
    '--outFile',
    outFile,
  ]);
  if (error !== null) throw new Error(`Cannot compile the kernels: ${error.message}\n${stderr.toString()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [outputPath] = process.argv.slice(2);
  if (outputPath === undefined) {
    console.error('Usage: node scripts/build-kernels.mjs OUT');
    process.exit(2);
  }
  await buildKernels(outputPath);
}
