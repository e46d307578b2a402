import * as z from 'zod';
import { configSchema } from './config.ts';
import { replicaSchema, servedReplica } from './replica.ts';

const options = { io: 'input', unrepresentable: 'any' } as const;

/** A JSON schema of config files, for editors: keys, kinds of values and what is allowed for them. Rules between keys are not in it. */
export function configJsonSchema(): object {
  const { $schema: _, ...replica } = z.toJSONSchema(servedReplica, options);
  const schema = z.toJSONSchema(configSchema, {
    ...options,
    // The type of a replica is looked at before its keys, which are behind that for zod.
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) === replicaSchema) Object.assign(jsonSchema, structuredClone(replica));
    },
  });
  return { title: 'litestream.yml', ...schema };
}
