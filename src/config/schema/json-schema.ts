import * as z from 'zod';
import { configSchema } from './config.ts';
import type { KeyNotes } from './key.ts';
import { replicaSchema, servedReplica } from './replica.ts';

const options = { io: 'input', unrepresentable: 'any' } as const;

/** The JSON schema of a key or a map, with what is known of it besides. */
export interface DescribedSchema extends Omit<KeyNotes, 'default'> {
  readonly description?: string | undefined;
  /** What counts without the key. */
  readonly initial?: string | number | boolean | undefined;
  /** The values that are taken, in words. */
  readonly form?: string | undefined;
  /** Values that ask for something are an error. */
  readonly later?: boolean | undefined;
  readonly type?: unknown;
  readonly enum?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, DescribedSchema>> | undefined;
  readonly items?: DescribedSchema | undefined;
}

/** Every key of config files: kinds of values, descriptions, defaults. Rules between keys are not in it. */
export function describedConfigSchema(): DescribedSchema {
  const { $schema: _, ...replica } = z.toJSONSchema(servedReplica, options);
  return z.toJSONSchema(configSchema, {
    ...options,
    // The type of a replica is looked at before its keys, which are behind that for zod.
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) === replicaSchema) Object.assign(jsonSchema, structuredClone(replica));
    },
  }) as DescribedSchema;
}

/** A JSON schema of config files, for editors. */
export function configJsonSchema(): object {
  return { title: 'litestream.yml', ...forEditors(describedConfigSchema()) };
}

/** What is no keyword of JSON schema becomes part of the description. */
function forEditors(schema: DescribedSchema): object {
  const { form, later, ours, otherwise, initial, description, properties, items, ...keywords } = schema;
  const says = typeof keywords.type === 'string' && keywords.type !== 'boolean' && keywords.enum === undefined;
  const sentences = [
    description,
    says ? form : undefined,
    otherwise === undefined ? undefined : `default: ${otherwise}`,
    later ? 'not supported yet by this version' : undefined,
    ours ? 'not in Litestream' : undefined,
  ].filter((text) => text !== undefined);
  return {
    ...(sentences.length > 0 && { description: sentences.map(capitalised).join('. ') }),
    ...keywords,
    ...(initial !== undefined && { default: initial }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, forEditors(inner)])),
    }),
    ...(items && { items: forEditors(items) }),
  };
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
