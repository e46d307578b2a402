import { nearestName } from '../src/config/nearest-name.ts';
import type { Flags, FlagValues, Toggle, ValueFlag } from './flag.ts';
import { UsageError } from './usage-error.ts';

export interface ParsedArguments<F extends Flags> {
  readonly flags: FlagValues<F>;
  readonly words: readonly string[];
}

const truths: Readonly<Record<string, boolean>> = { true: true, t: true, 1: true, false: false, f: false, 0: false };

/**
 * Reads a command's words as Go's flag package does: one dash or two, `-name value` or `-name=value`, values kept as they
 * stand, `--` ends the flags, the last of a repeated flag counts. Unlike there, flags may also follow words.
 */
export function parseArguments<F extends Flags>(
  command: string,
  flags: F,
  argv: readonly string[],
): ParsedArguments<F> {
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) values[name] = flag.kind === 'toggle' ? false : undefined;
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    if (argument === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    const match = /^--?([^=-][^=]*)(?:=([\s\S]*))?$/.exec(argument);
    if (match === null) {
      words.push(argument);
      continue;
    }
    const [, name = '', attached] = match;
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) throw unknownFlag(command, name, flags);
    if (flag.kind === 'toggle') values[name] = toggleValue(command, name, attached, flag);
    else values[name] = flagValue(command, name, attached ?? following(command, name, argv[++at], flags), flag);
  }
  return { flags: values as FlagValues<F>, words };
}

/** Whether a word asks for a command's help. */
export function asksForHelp(argument: string): boolean {
  return /^--?(h|help)$/.test(argument);
}

/** A value may begin with a dash, as negative numbers and `-exec` commands do, but is never another flag of the command. */
function following(command: string, name: string, value: string | undefined, flags: Flags): string {
  const flagName = /^--?([^=-][^=]*)/.exec(value ?? '')?.[1];
  if (value !== undefined && (flagName === undefined || !Object.hasOwn(flags, flagName))) return value;
  throw invalidFlag(command, name, 'its value is missing', flags[name]);
}

function toggleValue(command: string, name: string, attached: string | undefined, flag: Toggle): boolean {
  if (attached === undefined) return true;
  const value = truths[attached.toLowerCase()];
  if (value === undefined) throw invalidFlag(command, name, `${JSON.stringify(attached)} is not true or false`, flag);
  return value;
}

function flagValue(command: string, name: string, value: string, flag: ValueFlag<unknown>): unknown {
  const parsed = flag.parse(value);
  if (parsed !== undefined) return parsed;
  throw invalidFlag(command, name, `${JSON.stringify(value)} is not ${flag.form}`, flag);
}

function invalidFlag(command: string, name: string, current: string, flag: Toggle | ValueFlag<unknown> | undefined) {
  const example = flag?.kind === 'value' ? `-${name} ${flag.placeholder}` : `-${name}`;
  return new UsageError('invalid-flag', `Cannot use flag -${name}: ${current}`, {
    hint: `write ${example}; litestream help ${command} lists all flags`,
  });
}

function unknownFlag(command: string, name: string, flags: Flags): UsageError {
  const near = nearestName(name, Object.keys(flags));
  return new UsageError('unknown-flag', `Cannot use flag -${name}: litestream ${command} has no such flag`, {
    hint: near === undefined ? `litestream help ${command} lists all flags` : `did you mean -${near}`,
  });
}
