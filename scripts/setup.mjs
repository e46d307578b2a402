import { build, buildIsCurrent } from './build.mjs';
import { exclusively } from './exclusive.mjs';
import { installPackages, packagesAreCurrent } from './install.mjs';
import { main, Progress, StepError } from './progress.mjs';
import { isEntry } from './project.mjs';
import { findVersitygw, provideVersitygw } from './versitygw.mjs';

const leastNode = [20, 19];

/**
 * Installs the packages and builds dist/, each only when something it depends on changed. `testServer`: also what tests
 * need besides.
 */
export async function setUp(progress, { packagesOnly = false, testServer = false } = {}) {
  requireNode();
  const hasServer = !testServer || findVersitygw() !== undefined;
  if (hasServer && packagesAreCurrent() && (packagesOnly || buildIsCurrent())) {
    progress.unchanged(packagesOnly ? 'packages' : 'packages and build');
    return;
  }
  await exclusively(progress, async () => {
    const steps = [installAndBuild(progress, { packagesOnly }), ...(testServer ? [provideVersitygw(progress)] : [])];
    const failed = (await Promise.allSettled(steps)).find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
}

async function installAndBuild(progress, { packagesOnly }) {
  await installPackages(progress);
  if (!packagesOnly) await build(progress);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1])) {
    throw new StepError(`Cannot run on Node ${process.versions.node}: ${leastNode.join('.')} or newer is needed`);
  }
}

if (isEntry(import.meta.url)) {
  await main(() => setUp(new Progress(process.stdout), { packagesOnly: process.argv.includes('--packages') }));
}
