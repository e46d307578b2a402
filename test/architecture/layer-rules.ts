import type { ImportGraph } from './import-graph.ts';

/** Folder -> layer. Imports point to a lower number; folders on one number do not import each other. */
const layers: ReadonlyMap<string, number> = new Map([
  ['src/runtime', 0],
  ['src/kernel', 1],
  ['src/format', 2],
  ['src/sqlite', 3],
  ['src/replica', 3],
  ['src/engine', 4],
  ['src/config', 5],
  ['src/http', 6],
  ['src/service', 6],
  ['src/control', 7],
  ['src/dashboard', 7],
  ['src/mcp', 7],
  ['src/monitoring', 7],
  ['src/index.ts', 8],
  ['cmd', 9],
]);

/** One sentence for each import that breaks a rule and for each cycle; none when the graph is in order. */
export function layerProblems(graph: ImportGraph): string[] {
  return [...graph].flatMap(([path, imports]) => placementProblems(path, imports)).concat(cycleProblems(graph));
}

function placementProblems(path: string, imports: readonly string[]): string[] {
  const from = folderOf(path);
  const fromLayer = layers.get(from);
  if (fromLayer === undefined) return [`${path} lies in no known layer`];
  return imports.flatMap((target) => {
    const to = folderOf(target);
    const toLayer = layers.get(to);
    if (toLayer === undefined) return [`${path} imports ${target}, which lies in no known layer`];
    if (toLayer > fromLayer) return [`${path} (layer ${fromLayer}) imports upward: ${target} (layer ${toLayer})`];
    if (toLayer === fromLayer && to !== from) return [`${path} imports a folder of its own layer: ${target}`];
    return [];
  });
}

function folderOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'src' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/** Each cycle once, found where a depth-first walk meets a file that is still on its path. */
function cycleProblems(graph: ImportGraph): string[] {
  const problems: string[] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (finished.has(file)) return;
    const start = path.indexOf(file);
    if (start >= 0) {
      problems.push(`cycle: ${[...path.slice(start), file].join(' -> ')}`);
      return;
    }
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return problems;
}
