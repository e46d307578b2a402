import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { projectRoot } from '../support/project-root.ts';
import { type ImportGraph, importSpecifiers, readImportGraph } from './import-graph.ts';
import { layerProblems } from './layer-rules.ts';

describe('layers', () => {
  it('src and cmd import downwards only and hold no cycle, type-only imports included', async () => {
    const graph = await readImportGraph(projectRoot, ['src', 'cmd']);
    assert.ok(graph.get('src/replica/replica-client.ts')?.includes('src/format/ltx/txid.ts'), 'the sources were read');
    assert.deepEqual(layerProblems(graph), []);
  });

  it('src and cmd import files that exist', async () => {
    const graph = await readImportGraph(projectRoot, ['src', 'cmd']);
    const missing = [...new Set([...graph.values()].flat())].filter((path) => !graph.has(path));
    assert.deepEqual(missing, []);
  });
});

describe('layerProblems', () => {
  const planted: readonly [title: string, graph: Record<string, string[]>, problems: string[]][] = [
    ['accepts imports that point down', { 'cmd/a.ts': ['src/index.ts'], 'src/index.ts': ['src/runtime/b.ts'] }, []],
    ['accepts imports inside one folder', { 'src/format/ltx/a.ts': ['src/format/wal/b.ts'] }, []],
    [
      'names an upward import',
      { 'src/format/a.ts': ['src/engine/b.ts'] },
      ['src/format/a.ts (layer 2) imports upward: src/engine/b.ts (layer 4)'],
    ],
    [
      'names an import of the public surface from below it',
      { 'src/service/a.ts': ['src/index.ts'] },
      ['src/service/a.ts (layer 6) imports upward: src/index.ts (layer 8)'],
    ],
    [
      'names an import between two folders of one layer',
      { 'src/sqlite/a.ts': ['src/replica/b.ts'] },
      ['src/sqlite/a.ts imports a folder of its own layer: src/replica/b.ts'],
    ],
    [
      'names a cycle of two files',
      { 'src/engine/a.ts': ['src/engine/b.ts'], 'src/engine/b.ts': ['src/engine/a.ts'] },
      ['cycle: src/engine/a.ts -> src/engine/b.ts -> src/engine/a.ts'],
    ],
    [
      'names a cycle behind a file that is not part of it',
      {
        'src/engine/a.ts': ['src/engine/b.ts'],
        'src/engine/b.ts': ['src/engine/c.ts'],
        'src/engine/c.ts': ['src/engine/d.ts'],
        'src/engine/d.ts': ['src/engine/b.ts'],
      },
      ['cycle: src/engine/b.ts -> src/engine/c.ts -> src/engine/d.ts -> src/engine/b.ts'],
    ],
    [
      'names a file that imports itself',
      { 'src/engine/a.ts': ['src/engine/a.ts'] },
      ['cycle: src/engine/a.ts -> src/engine/a.ts'],
    ],
    ['names a folder without a layer', { 'src/utils/a.ts': [] }, ['src/utils/a.ts lies in no known layer']],
    [
      'names an import out of the layers',
      { 'src/engine/a.ts': ['test/support/b.ts'] },
      ['src/engine/a.ts imports test/support/b.ts, which lies in no known layer'],
    ],
  ];
  for (const [title, graph, problems] of planted) {
    it(title, () => {
      const imports: ImportGraph = new Map(Object.entries(graph));
      assert.deepEqual(layerProblems(imports), problems);
    });
  }
});

describe('importSpecifiers', () => {
  const statements: readonly [source: string, specifiers: string[]][] = [
    [`import { a } from './a.ts';`, ['./a.ts']],
    [`import type { A } from './a.ts';`, ['./a.ts']],
    [`import { type A, b } from './a.ts';`, ['./a.ts']],
    [`import {\n  type A,\n  b,\n} from './a.ts';`, ['./a.ts']],
    [`import './a.ts';`, ['./a.ts']],
    [`export { a } from './a.ts';`, ['./a.ts']],
    [`export * from './a.ts';`, ['./a.ts']],
    [`export type { A } from './a.ts';`, ['./a.ts']],
    [`export type * from './a.ts';`, ['./a.ts']],
    [`export type A = import('./a.ts').A;`, ['./a.ts']],
    [`const a: typeof import('./a.ts') = await import('./b.ts');`, ['./a.ts', './b.ts']],
    [`const here = import.meta.dirname;`, []],
    [`// import { a } from './a.ts';\n/* import './b.ts' */`, []],
    ["const s = \"import './a.ts'\"; const t = `import './b.ts'`;", []],
    [`const half = (n as number) / 2;\nimport { a } from './a.ts';\nconst third = n! / 3 / 4;`, ['./a.ts']],
  ];
  for (const [source, specifiers] of statements) {
    it(`finds ${specifiers.length} in ${JSON.stringify(source)}`, async () => {
      assert.deepEqual(await importSpecifiers(source), specifiers);
    });
  }

  it('refuses a dynamic import whose target cannot be read', async () => {
    await assert.rejects(importSpecifiers('const a = await import(name);'), /specifier is no literal: import\(name\)/);
  });
});
