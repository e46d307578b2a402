import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlDocument {
  /** Maps, lists and texts; every scalar as its text, nulls as undefined. */
  readonly value: unknown;
  /** Where the value under a path stands, or the nearest thing around it. */
  positionOf(path: readonly PropertyKey[]): Position;
  /** Where the key at the end of a path stands. */
  positionOfKey(path: readonly PropertyKey[]): Position;
}

export class YamlSyntaxError extends Error {
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.name = 'YamlSyntaxError';
    this.position = position;
  }
}

const nodeLimit = 100_000;

/** Reads one YAML document and remembers where everything stands. Throws YamlSyntaxError. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false, strict: true });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [error] = document.errors;
  if (error !== undefined) {
    const message = error.code === 'MULTIPLE_DOCS' ? 'The file holds more than one document' : error.message;
    throw new YamlSyntaxError(message, at(error.pos[0]));
  }
  const reader = new Reader(document, at);
  const value = reader.read(document.contents, []);
  return {
    value,
    positionOf: (path) => nearest(reader.values, path),
    positionOfKey: (path) => reader.keys.get(join(path)) ?? nearest(reader.values, path),
  };
}

class Reader {
  readonly values = new Map<string, Position>();
  readonly keys = new Map<string, Position>();
  readonly #document: Document;
  readonly #at: (offset: number) => Position;
  #nodes = 0;

  constructor(document: Document, at: (offset: number) => Position) {
    this.#document = document;
    this.#at = at;
  }

  read(node: Node | null, path: readonly string[]): unknown {
    const position = this.#position(node);
    if (++this.#nodes > nodeLimit) throw new YamlSyntaxError('The document is too large after its aliases', position);
    this.values.set(join(path), position);
    if (isAlias(node)) return this.read(node.resolve(this.#document) ?? null, path);
    if (isScalar(node)) return scalarText(node);
    if (isSeq(node)) return node.items.map((item, index) => this.read(item as Node | null, [...path, String(index)]));
    if (!isMap(node)) return undefined;
    const merged: [string, unknown][] = [];
    const own: [string, unknown][] = [];
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value ?? '') : '';
      const keyPath = [...path, key];
      if (key === '<<') merged.push(...this.#merged(pair.value as Node | null, path));
      else own.push([key, this.read(pair.value as Node | null, keyPath)]);
      this.keys.set(join(keyPath), this.#position(pair.key as Node));
      if (pair.value === null) this.values.set(join(keyPath), this.#position(pair.key as Node));
    }
    return Object.fromEntries([...merged, ...own]);
  }

  /** The entries of a merge key's map, or of each map in its list, of which the first wins. */
  #merged(node: Node | null, path: readonly string[]): [string, unknown][] {
    const values = [this.read(node, path)].flat().reverse();
    return values.flatMap((value) => (typeof value === 'object' && value !== null ? Object.entries(value) : []));
  }

  #position(node: Node | null): Position {
    return this.#at(node?.range?.[0] ?? 0);
  }
}

function scalarText(node: Scalar): string | undefined {
  const text = String(node.value ?? '');
  const isPlain = node.type === Scalar.PLAIN || node.type === undefined;
  if (text === '' || (isPlain && (text === '~' || text.toLowerCase() === 'null'))) return undefined;
  return text;
}

function nearest(positions: ReadonlyMap<string, Position>, path: readonly PropertyKey[]): Position {
  for (let length = path.length; length >= 0; length--) {
    const position = positions.get(join(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return { line: 1, column: 1 };
}

function join(path: readonly PropertyKey[]): string {
  return path.map(String).join('\0');
}
