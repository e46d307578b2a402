import * as z from 'zod';
import { type Level, levels } from '../format/ltx/level.ts';
import type { LtxFileInfo } from '../replica/replica-client.ts';
import { listedFiles, withReplica, withTimes } from '../service/replica-files.ts';
import { fileRecords, fileTable } from '../service/report/file-list.ts';
import { configArgument, replicaArgument } from './arguments.ts';
import { limitArgument } from './list-limit.ts';
import { replicasAt, requireOwnConfig, type Served } from './served.ts';
import { defineTool, type Tool } from './tool.ts';

const file = z.object({
  level: z.number(),
  min_txid: z.string(),
  max_txid: z.string(),
  size: z.number(),
  timestamp: z.string(),
});

export function ltxTool(served: Served): Tool {
  return defineTool({
    name: 'litestream_ltx',
    title: 'LTX files',
    description:
      'List the LTX files of a replica: which moments of a database can be restored. Level 0 holds one file for each transaction, 9 snapshots. The newest files are listed, in the order of their transactions.',
    input: {
      ...replicaArgument,
      ...configArgument,
      level: z
        .enum(['all', ...levels.map(String)])
        .default('0')
        .describe('The level to list, or all of them.'),
      ...limitArgument('files', 100),
    },
    output: { replica: z.string(), url: z.string(), files: z.array(file), total: z.number() },
    changes: 'nothing',
    async run({ path, replica: name, config, level, limit }, { signal }) {
      requireOwnConfig(served, config);
      const replica = replicasAt(served, path, name).replicas[0]!;
      const wanted = level === 'all' ? levels : [Number(level) as Level];
      return withReplica(replica, async (client) => {
        const all = await listedFiles(client, wanted, { signal });
        const files = await withTimes(client, newest(all, limit), { signal });
        const cut = all.length > limit ? `The newest ${limit} of ${all.length} files:\n` : '';
        return {
          text: `${cut}${fileTable(files)}`,
          data: { replica: replica.name, url: replica.url, files: fileRecords(files), total: all.length },
        };
      });
    },
  });
}

/** Those with the highest TXIDs, in the order they were listed in. */
function newest(files: readonly LtxFileInfo[], limit: number): readonly LtxFileInfo[] {
  if (files.length <= limit) return files;
  const kept = new Set(files.toSorted((a, b) => (a.maxTxid < b.maxTxid ? 1 : -1)).slice(0, limit));
  return files.filter((one) => kept.has(one));
}
