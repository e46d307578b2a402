import * as z from 'zod';
import { byteSizeForm, parseByteSize } from '../value/byte-size.ts';
import { durationForm, parseGoDuration } from '../value/go-duration.ts';

/**
 * The YAML reader hands over every scalar as its text, so that each key alone decides what the text means: `name: 0123`
 * stays a name, `permissions: 0600` is octal.
 */
function scalar<T>(form: string, parse: (text: string) => T | undefined, json: JsonForm = { type: 'string' }) {
  const schema = z.unknown().transform((input, context): T => {
    const value = typeof input === 'string' ? parse(input) : undefined;
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `is ${describe(input)}, must be ${form}` });
    return z.NEVER;
  });
  return schema.meta({ form, ...json });
}

/** What an editor is told of a value, which reads the file as YAML does: numbers as numbers. */
type JsonForm = Readonly<Record<string, unknown>>;
const textOrNumber: JsonForm = { type: ['string', 'number'] };

export const text = scalar('a text', (value) => value, { type: ['string', 'number', 'boolean'] });

/** A secret that can stand in an HTTP header and cannot be guessed. */
export const token = scalar('a token of 16 to 200 letters, digits and ._~+/=-', (value) =>
  /^[\w.~+/=-]{16,200}$/.test(value) ? value : undefined,
);

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};
export const toggle = scalar('true or false', (value) => truths[value.toLowerCase()], { type: 'boolean' });

export function choice<const Choices extends readonly string[]>(choices: Choices) {
  const find = (value: string) => choices.find((allowed) => allowed === value.toLowerCase());
  return scalar<Choices[number]>(`one of ${choices.join(', ')}`, find, { enum: choices });
}

export function count(least: number) {
  const parse = (value: string) => {
    const number = /^\d[\d_]*$/.test(value) ? Number(value.replaceAll('_', '')) : Number.NaN;
    return Number.isSafeInteger(number) && number >= least ? number : undefined;
  };
  return scalar(`a whole number of at least ${least}`, parse, { type: 'integer', minimum: least });
}

export const fileMode = scalar(
  'an octal file mode such as 0600',
  (value) => (/^0?o?[0-7]{3}$/.test(value) ? Number.parseInt(value.slice(-3), 8) : undefined),
  textOrNumber,
);

export const httpUrl = scalar('a URL that begins with http:// or https://', (value) =>
  /^https?:\/\//i.test(value) && URL.canParse(value) ? value : undefined,
);

/** `:9090`, `127.0.0.1:9090`, `[::1]:9090`. */
export const listenAddress = scalar('an address such as :9090 or 127.0.0.1:9090', (value) => {
  const [, brackets, name, digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  return digits === '' || port > 65_535 ? undefined : { host: brackets ?? (name || undefined), port };
});

/** A duration in milliseconds that is 0 or more. */
export const duration = scalar(durationForm, parseGoDuration);

export function durationOfAtLeast(leastMs: number, form: string) {
  return scalar(form, (value) => {
    const durationMs = parseGoDuration(value);
    return durationMs === undefined || durationMs < leastMs ? undefined : durationMs;
  });
}

export const positiveDuration = durationOfAtLeast(Number.MIN_VALUE, `${durationForm}, more than 0`);

/** A size in bytes. */
export const size = scalar(byteSizeForm, parseByteSize, textOrNumber);

/** What a value in a config file is, for messages. */
export function describe(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'a map';
  if (typeof input !== 'string') return 'empty';
  return JSON.stringify(input.length > 60 ? `${input.slice(0, 57)}...` : input);
}
