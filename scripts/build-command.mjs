import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as esbuild from 'esbuild';
import { buildPage } from './build-page.mjs';
import { projectRoot } from './project.mjs';
import { filesBelow } from './source-files.mjs';

const neighbour = /new URL\('\.\/([\w-]+)\.js', import\.meta\.url\)/g;

/**
 * Writes the command as few files into a folder, all side by side, so that what is found through import.meta.url lies
 * there too. better-sqlite3 stays a package because it is native, the AWS SDK because it is large and few runs need it.
 */
export async function buildCommand(outdir) {
  removeOutput(outdir);
  const { metafile } = await esbuild.build({
    absWorkingDir: projectRoot,
    entryPoints: ['cmd/litestream.ts', ...programs()],
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    // Not `node`: packages then come as ES modules, of which only what is used is taken.
    platform: 'neutral',
    target: 'node20',
    // The last two are CommonJS, or rest on what is, and needed by few.
    external: ['node:*', 'better-sqlite3', '@aws-sdk/*', 'prom-client', '@modelcontextprotocol/sdk/*'],
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const pageInputs = await buildPage(join(outdir, 'page'));
  writeFileSync(join(outdir, 'LICENSES.txt'), licenses([...Object.keys(metafile.inputs), ...pageInputs]));
}

/** The programs that the sources start by what stands beside them, such as that of a shard. */
function programs() {
  return ['src', 'cmd']
    .flatMap((folder) => filesBelow(folder, { extension: '.ts' }))
    .flatMap((path) => {
      const text = readFileSync(join(projectRoot, path), 'utf8');
      return [...text.matchAll(neighbour)].map(([, name]) => join(dirname(path), `${name}.ts`));
    });
}

function removeOutput(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (/\.(js|map|txt)$/.test(name)) rmSync(join(folder, name));
}

/** The licenses of the packages that became part of the output. */
function licenses(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map(licenseOf).join('\n');
}

function licenseOf(folder) {
  const name = readdirSync(join(projectRoot, folder)).find((file) => /^licen[cs]e/i.test(file));
  if (name === undefined) throw new Error(`Cannot bundle ${folder}: it has no license file`);
  return `${folder.replace('node_modules/', '')}\n\n${readFileSync(join(projectRoot, folder, name), 'utf8')}`;
}
