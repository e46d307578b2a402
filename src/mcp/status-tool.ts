import * as z from 'zod';
import type { DatabaseStatus } from '../engine/replicator/database-status.ts';
import { configArgument, databaseArgument } from './arguments.ts';
import { limitArgument, moreText } from './list-limit.ts';
import { databaseAt, requireOwnConfig, type Served } from './served.ts';
import { recordOf, statusRecord, statusText } from './status-record.ts';
import { defineTool, type Tool } from './tool.ts';

export function statusTool(served: Served): Tool {
  return defineTool({
    name: 'litestream_status',
    title: 'Status',
    description:
      'Show how far the databases and their replicas are, and what is wrong with them. Where not all can be listed, those with troubles come first.',
    input: {
      ...configArgument,
      path: databaseArgument.path.optional().describe('Show this database only.'),
      ...limitArgument('databases', 100),
    },
    output: { databases: z.array(statusRecord), total: z.number() },
    changes: 'nothing',
    async run({ config, path, limit }) {
      requireOwnConfig(served, config);
      const wanted = path === undefined ? undefined : databaseAt(served, path).path;
      const all = (await served.store.status()).filter((status) => wanted === undefined || status.path === wanted);
      const some = all.length > limit ? worstFirst(all).slice(0, limit) : all;
      const nowMs = Date.now();
      const databases = await Promise.all(some.map((status) => recordOf(status, nowMs)));
      return {
        text: `${statusText(databases)}${moreText(all.length - some.length)}`,
        data: { databases, total: all.length },
      };
    },
  });
}

function worstFirst(statuses: readonly DatabaseStatus[]): DatabaseStatus[] {
  return [...statuses.filter(isTroubled), ...statuses.filter((status) => !isTroubled(status))];
}

function isTroubled({ error, replicas }: DatabaseStatus): boolean {
  return error !== undefined || replicas.some((replica) => replica.error !== undefined);
}
