import type * as z from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { nearestName } from './nearest-name.ts';
import { type ConfigFile, configSchema } from './schema/config.ts';
import { describe } from './schema/scalar.ts';
import { parseYaml, type YamlDocument, YamlSyntaxError } from './yaml-document.ts';

/** Checks the text of a config file. Throws a ConfigError that lists every problem with `file`, line and column. */
export function parseConfig(text: string, file: string): ConfigFile {
  let document: YamlDocument;
  try {
    document = parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw configError(file, [{ ...error.position, key: '', message: error.message, code: 'invalid' }], error);
  }
  // One file is read sooner than code for reading it is generated.
  const result = configSchema.safeParse(document.value ?? {}, { jitless: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  const told = issues.filter((issue) => !followsFromUnknownKey(issue, issues));
  const problems = told.flatMap((issue) => problemsOf(issue, document));
  throw configError(
    file,
    problems.sort((left, right) => left.line - right.line || left.column - right.column),
  );
}

function configError(file: string, problems: readonly ConfigProblem[], cause?: unknown): ConfigError {
  const lines = problems.map(
    ({ line, column, key, message }) => `${file}:${line}:${column}: ${`${key} ${message}`.trim()}`,
  );
  const code = problems.every((problem) => problem.code === 'not-supported') ? 'not-supported' : 'invalid';
  return new ConfigError(code, `Cannot use config: ${lines.join('\n  ')}`, { cause, data: { problems } });
}

/** A misspelt key is often the one that its map is said to lack. */
function followsFromUnknownKey(issue: z.core.$ZodIssue, issues: readonly z.core.$ZodIssue[]): boolean {
  if (issue.path.at(-1) !== '') return false;
  const map = issue.path.slice(0, -1).join();
  return issues.some((other) => other.code === 'unrecognized_keys' && other.path.join() === map);
}

function problemsOf(issue: z.core.$ZodIssue, document: YamlDocument): ConfigProblem[] {
  const path = issue.path.filter((part) => part !== '');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], document));
  const message = issue.code === 'custom' ? issue.message : expected(issue, valueAt(document.value, path));
  const code = issue.code === 'custom' && issue.params?.notSupported === true ? 'not-supported' : 'invalid';
  return [{ ...document.positionOf(path), key: keyName(path), message, code }];
}

function unknownKey(path: readonly PropertyKey[], document: YamlDocument): ConfigProblem {
  const near = nearestName(String(path.at(-1)), keysAt(path.slice(0, -1)));
  const message = `is an unknown key${near === undefined ? '' : `, did you mean ${near}`}`;
  return { ...document.positionOfKey(path), key: keyName(path), message, code: 'invalid' };
}

function expected(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code !== 'invalid_type') return issue.message;
  const form: Readonly<Record<string, string>> = { object: 'a map of keys', array: 'a list' };
  return `is ${describe(found)}, must be ${form[issue.expected] ?? issue.expected}`;
}

/** The keys that the schema allows under a path; also within replicas, whose schema hides behind its type check. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const part of path) {
    schema = unwrap(schema);
    const { shape, element } = schema as { shape?: Record<string, unknown>; element?: unknown };
    schema = /^\d+$/.test(String(part)) ? element : shape?.[String(part)];
  }
  return Object.keys((unwrap(schema) as { shape?: object } | undefined)?.shape ?? {});
}

function unwrap(schema: unknown): unknown {
  for (let inner = schema; ; ) {
    const { def } = inner as { def?: { innerType?: unknown; out?: unknown } };
    const next = def?.innerType ?? def?.out;
    if (next === undefined) return inner;
    inner = next;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part], value);
}

function keyName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number' || /^\d+$/.test(String(part))) return `${name}[${String(part)}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}
