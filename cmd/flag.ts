import { durationForm, parseGoDuration } from '../src/config/value/go-duration.ts';
import { parseTxid, type Txid } from '../src/format/ltx/txid.ts';

/** A flag that is given or not, or as `-name=false`. */
export interface Toggle {
  readonly kind: 'toggle';
  readonly help: string;
}

/** A flag with a value: `-name value` or `-name=value`. */
export interface ValueFlag<T> {
  readonly kind: 'value';
  /** What stands for the value in help texts, in capitals. */
  readonly placeholder: string;
  readonly help: string;
  /** What is allowed, for messages. */
  readonly form: string;
  /** Where only these are allowed: for completion. */
  readonly choices?: readonly string[] | undefined;
  /** Undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
}

export type Flags = Readonly<Record<string, Toggle | ValueFlag<unknown>>>;

/** What a command gets of its flags: toggles are always there, values when they were given. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends ValueFlag<infer T> ? T | undefined : boolean;
};

export function toggle(help: string): Toggle {
  return { kind: 'toggle', help };
}

export function text(placeholder: string, help: string): ValueFlag<string> {
  return { kind: 'value', placeholder, help, form: 'a text', parse: (value) => (value === '' ? undefined : value) };
}

export function choice<const Choices extends readonly string[]>(
  placeholder: string,
  choices: Choices,
  help: string,
): ValueFlag<Choices[number]> {
  const parse = (value: string) => choices.find((allowed) => allowed === value.toLowerCase());
  return { kind: 'value', placeholder, help, form: `one of ${choices.join(', ')}`, choices, parse };
}

/** A duration in milliseconds, more than 0. */
export function duration(help: string): ValueFlag<number> {
  const parse = (value: string) => parseGoDuration(value) || undefined;
  return { kind: 'value', placeholder: 'DURATION', help, form: `${durationForm}, more than 0`, parse };
}

export function count(placeholder: string, help: string): ValueFlag<number> {
  const parse = (value: string) => (/^[1-9]\d{0,5}$/.test(value) ? Number(value) : undefined);
  return { kind: 'value', placeholder, help, form: 'a whole number from 1 to 999999', parse };
}

/** Litestream's form: exactly 16 digits, so that a decimal number is never taken for a TXID. */
export function txid(help: string): ValueFlag<Txid> {
  const parse = (value: string) => (value.length === 16 ? parseTxid(value) || undefined : undefined);
  return { kind: 'value', placeholder: 'TXID', help, form: 'a TXID of 16 hexadecimal digits, not all 0', parse };
}

/** The two flags of every command that reads the config file. */
export const configFlags = {
  config: text('PATH', 'The config file. Default: $LITESTREAM_CONFIG, else /etc/litestream.yml'),
  'no-expand-env': toggle('Keep what looks like an environment variable in the config file as it stands'),
} as const satisfies Flags;

export const jsonFlag = { json: toggle('Print JSON instead of text') } as const satisfies Flags;
