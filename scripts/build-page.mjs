import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { projectRoot } from './project.mjs';

const source = 'src/dashboard/page';
const asTheyAre = ['index.html', 'login.html', 'icon.svg'];

/** Writes what a browser loads of the dashboard into a folder. Gives the paths of what became part of it. */
export async function buildPage(outdir) {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const { metafile } = await esbuild.build({
    absWorkingDir: projectRoot,
    entryPoints: ['main.tsx', 'page.css'].map((name) => ({ in: join(source, name), out: 'page' })),
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    tsconfig: join(source, 'tsconfig.json'),
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  for (const name of asTheyAre) copyFileSync(join(projectRoot, source, name), join(outdir, name));
  return Object.keys(metafile.inputs);
}
