import * as z from 'zod';

/** What is said of a key besides its kind of value: to editors, and in docs/reference/config.md. */
export interface KeyNotes {
  /** What counts without the key, as it would stand in the file. */
  readonly default?: string | number | boolean | undefined;
  /** The same in words, where no one value says it. */
  readonly otherwise?: string | undefined;
  /** Litestream does not have the key. */
  readonly ours?: true | undefined;
}

/** A key that may be left away. `description` is the part of a sentence, without a period. */
export function key<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  notes: KeyNotes = {},
): z.ZodOptional<Schema> {
  const optional = z.optional(schema);
  // Of a value that is transformed, zod keeps a `default` to itself.
  const { default: initial, ...others } = notes;
  z.globalRegistry.add(optional, { description, initial, ...others });
  return optional;
}
