import * as z from 'zod';

/** Arguments that several tools take: names and meanings are Litestream's. */
export const configArgument = {
  config: z.string().optional().describe('Path of the config file. Only that of the running process is accepted.'),
};

export const databaseArgument = { path: z.string().min(1).describe('Path of a database of the running process.') };

export const replicaArgument = {
  path: z.string().min(1).describe('Path of a database of the running process, or the URL of one of its replicas.'),
  replica: z.string().optional().describe('Name of the replica to read, where a database has several.'),
};
