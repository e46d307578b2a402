import * as z from 'zod';

/** Marks the issues of keys that Litestream has, or that are planned, and this version cannot serve. */
export const notSupported = { notSupported: true } as const;

/**
 * A key that this version knows without serving it. Values that ask for nothing (`isHarmless`: switched off, or what
 * would happen anyway) are accepted, so that a config file of Litestream's defaults works; others are an error that says so.
 */
export function later<Schema extends z.ZodType>(
  schema: Schema,
  isHarmless: (value: z.output<Schema>) => boolean,
  message = 'is not supported yet by this version',
) {
  const checked = schema.superRefine((value, context) => {
    if (isHarmless(value)) return;
    context.addIssue({ code: 'custom', message, params: notSupported });
  });
  z.globalRegistry.add(checked, { later: true });
  return checked;
}

export const never = () => false;
