import * as z from 'zod';
import { databaseRecords, databaseTable } from '../service/report/database-list.ts';
import { configArgument } from './arguments.ts';
import { limitArgument, moreText } from './list-limit.ts';
import { requireOwnConfig, type Served } from './served.ts';
import { defineTool, type Tool } from './tool.ts';

const database = z.object({
  path: z.string(),
  replica: z.string().optional().describe('Type of the first replica.'),
  meta_path: z.string(),
  replicas: z.array(z.object({ name: z.string(), type: z.string(), url: z.string() })),
});

export function databasesTool(served: Served): Tool {
  return defineTool({
    name: 'litestream_databases',
    title: 'Databases',
    description: 'List the databases that the running process replicates, and their replicas.',
    input: { ...configArgument, ...limitArgument('databases', 200) },
    output: { databases: z.array(database), total: z.number() },
    changes: 'nothing',
    async run({ config, limit }) {
      requireOwnConfig(served, config);
      const all = served.store.configs.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      const some = all.slice(0, limit);
      return {
        text: `${databaseTable(some)}${moreText(all.length - some.length)}`,
        data: { databases: databaseRecords(some), total: all.length },
      };
    },
  });
}
