import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../cmd/command-list.ts';
import { parseArguments } from '../../cmd/parse-arguments.ts';
import { defaultConfig } from '../../src/config/defaults.ts';
import { parseGoDuration } from '../../src/config/value/go-duration.ts';
import { litestream } from '../support/litestream-cli.ts';
import { projectRoot } from '../support/project-root.ts';
import { composeServices, read, readYaml, statefulSet, type Workflow } from './examples.ts';

const configs = [
  'examples/docker-compose/litestream.yml',
  'examples/kubernetes/base/litestream.yml',
  'examples/kubernetes/overlays/lease-standby/litestream.yml',
];
const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
const workflow = readYaml<Workflow>('.github/workflows/test.yml');
const pods = statefulSet('base').spec.template.spec;
const standby = statefulSet('overlays/lease-standby').spec.template.spec;

/** The words after the program of every call of it in an example. */
function commandLines(): (readonly string[])[] {
  const services = Object.values(composeServices()).filter(({ image }) => image === 'litestream-sidecar');
  const containers = [...pods.initContainers, ...pods.containers].filter(({ image }) => image === 'litestream-sidecar');
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps.flatMap(({ run = '' }) => run.split('\n')));
  const commented = [read('Dockerfile'), read('examples/docker-compose/compose.yaml'), steps.join('\n')].join('\n');
  const typed = [...commented.matchAll(/(?:\bexec litestream litestream| litestream-sidecar) ([a-z]+ .*|[a-z]+)$/gm)];
  return [
    ...services.map(({ command }) => command!),
    ...containers.map(({ args }) => args!),
    ...typed.map(([, line]) => line!.trim().split(/\s+/)),
  ];
}

for (const path of configs) {
  test(`${path} is a config file without a fault`, async () => {
    const env = { POD_NAME: 'app-0', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
    const { code, stderr } = await litestream(['config', '-check', '-config', path], { cwd: projectRoot, env });
    assert.deepEqual([code, stderr], [0, '']);
  });
}

test('every config file of an example is looked at', () => {
  const words = ['ls-files', '--cached', '--others', '--exclude-standard', '--', 'examples/*litestream.yml'];
  const found = execFileSync('git', words, { cwd: projectRoot, encoding: 'utf8' }).trim().split('\n');
  assert.deepEqual(found.sort(), configs);
});

test('every command line of an example is one that the program takes', async () => {
  const lines = commandLines();
  assert.equal(lines.length, 7, JSON.stringify(lines));
  for (const [name, ...words] of lines) {
    const entry = commands[name!];
    assert.ok(entry !== undefined, name);
    const { flags } = await entry.load();
    parseArguments(name!, flags, words);
  }
});

test('the paths that compose.yaml and the Dockerfile name exist', () => {
  const mounted = Object.values(composeServices()).flatMap(({ volumes = [] }) =>
    volumes.filter((path) => /^\./.test(path)),
  );
  assert.equal(mounted.length, 3);
  for (const volume of mounted)
    assert.ok(existsSync(join(projectRoot, 'examples/docker-compose', volume.split(':')[0]!)), volume);
  for (const line of read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!')))
    assert.ok(existsSync(join(projectRoot, line.slice(1))), line);
  assert.ok(existsSync(join(projectRoot, 'docker/healthcheck.mjs')));
});

test('whatever stops the program leaves it more time than a last sync may take', () => {
  const { shutdownSyncTimeoutMs } = defaultConfig(1);
  const compose = parseGoDuration(composeServices().litestream!.stop_grace_period!)!;
  const systemd = Number(/^TimeoutStopSec=(\d+)$/m.exec(read('examples/systemd/litestream.service'))![1]) * 1000;
  for (const limitMs of [compose, systemd, pods.terminationGracePeriodSeconds * 1000])
    assert.ok(limitMs >= shutdownSyncTimeoutMs + 10_000);
});

test('the containers of the pods may do no more than they must', () => {
  const { runAsNonRoot, seccompProfile } = pods.securityContext;
  assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: 'RuntimeDefault' }]);
  for (const { name, securityContext } of [...pods.initContainers, ...pods.containers]) {
    const expected = {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    };
    assert.deepEqual(securityContext, expected, name);
  }
  assert.ok(
    standby.initContainers.every(({ securityContext }) => securityContext === undefined),
    'nothing is loosened',
  );
});

test('the workflow tests the Nodes that the package is for, with little permission and fixed actions', () => {
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node)!;
  for (const job of ['linux', 'macos']) assert.equal(workflow.jobs[job]!.strategy!.matrix.node[0], Number(major), job);
  assert.ok(Number(minor) > 0);
  const sqlite = JSON.parse(read('node_modules/better-sqlite3/package.json')) as { engines: { node: string } };
  for (const version of workflow.jobs.linux!.strategy!.matrix.node)
    assert.ok(sqlite.engines.node.includes(`${version}.x`), `better-sqlite3 is made for Node ${version}`);
  const [, image] = /^FROM node:(\d+)-/m.exec(read('Dockerfile'))!;
  assert.ok(workflow.jobs.linux!.strategy!.matrix.node.includes(Number(image)), `Node ${image} of the image is tested`);
  assert.deepEqual(workflow.permissions, { contents: 'read' });
  for (const { permissions, steps } of Object.values(workflow.jobs)) {
    assert.equal(permissions, undefined);
    for (const { uses } of steps) if (uses !== undefined) assert.match(uses, /^actions\/[\w-]+@[0-9a-f]{40}$/);
  }
  const commented = read('.github/workflows/test.yml').match(/uses: \S+ # v\d+\.\d+\.\d+$/gm)!;
  assert.equal(commented.length, read('.github/workflows/test.yml').match(/uses: /g)!.length);
});

test('scripts may be run, and what is mounted may be read by others', () => {
  const modeOf = (path: string) => statSync(join(projectRoot, path)).mode & 0o777;
  for (const path of ['.ci/run', 'dist/bin/litestream.js']) assert.equal(modeOf(path) & 0o111, 0o111, path);
  for (const path of [...configs, 'examples/application/application.py'])
    assert.equal(modeOf(path) & 0o444, 0o444, path);
});
