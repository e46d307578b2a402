import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { init, parse } from 'es-module-lexer';

/** Every file with the project files it imports; paths from the project's root, with forward slashes. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Reads the imports of every TypeScript file below `folders`. */
export async function readImportGraph(root: string, folders: readonly string[]): Promise<ImportGraph> {
  const graph = new Map<string, string[]>();
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const path = posix.join(folder, name.replaceAll('\\', '/'));
      if (!path.endsWith('.ts') || path.startsWith('src/kernel/assembly/')) continue;
      const specifiers = await importSpecifiers(readFileSync(join(root, path), 'utf8'));
      const relative = specifiers.filter((specifier) => specifier.startsWith('.'));
      graph.set(
        path,
        relative.map((specifier) => posix.join(posix.dirname(path), specifier)),
      );
    }
  }
  return graph;
}

/**
 * What a TypeScript source imports or re-exports from, types included. The sources are read and not the compiled
 * files because a compiler erases type-only imports.
 */
export async function importSpecifiers(source: string): Promise<string[]> {
  await init;
  // The lexer knows JavaScript: it passes over `import type` as over any import, but has to be shown these as exports.
  const plain = source.replaceAll(/\bexport\s+type\s*(?=[{*])/g, 'export ');
  const [imports] = parse(plain);
  return imports.flatMap(({ n: specifier, d: kind, ss, se }) => {
    if (specifier !== undefined) return [specifier];
    // -2 is import.meta; a dynamic import of an expression would escape every rule.
    if (kind === -2) return [];
    throw new Error(`Cannot read an import: its specifier is no literal: ${plain.slice(ss, se)}`);
  });
}
