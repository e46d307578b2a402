import * as z from 'zod';
import type { DatabaseConfig } from '../config/normal-config.ts';
import { readAhead } from '../engine/restore/apply/read-ahead.ts';
import type { Level } from '../format/ltx/level.ts';
import { formatTxid, type Txid } from '../format/ltx/txid.ts';
import type { CallOptions, LtxFileInfo } from '../replica/replica-client.ts';
import { TimeLimit } from '../runtime/time-limit.ts';
import { messageOf } from '../runtime/typed-error.ts';
import { withReplica } from '../service/replica-files.ts';
import { formatTable } from '../service/report/table.ts';
import { configArgument } from './arguments.ts';
import { limitArgument, moreText } from './list-limit.ts';
import { requireOwnConfig, type Served } from './served.ts';
import { recordOf, statusRecord, statusText } from './status-record.ts';
import { defineTool, type Tool } from './tool.ts';

/** A store that is away must not keep the rest of the answer. */
const listMs = 10_000;
const listsAtOnce = 8;

const levelSummary = z.object({
  level: z.number(),
  files: z.number(),
  bytes: z.number(),
  min_txid: z.string(),
  max_txid: z.string(),
});
type LevelSummary = z.output<typeof levelSummary>;

const replicaFiles = z.object({
  database: z.string(),
  replica: z.string(),
  levels: z.array(levelSummary),
  error: z.string().optional(),
});
type ReplicaFiles = z.output<typeof replicaFiles>;

export function infoTool(served: Served): Tool {
  return defineTool({
    name: 'litestream_info',
    title: 'Report',
    description:
      'A summary of the running process: version, config file, its databases and how far they are, and what files their first replicas hold.',
    input: { ...configArgument, ...limitArgument('databases', 20) },
    output: {
      version: z.string(),
      pid: z.number(),
      started_at: z.string(),
      uptime_seconds: z.number(),
      config: z.string(),
      databases: z.array(statusRecord),
      files: z.array(replicaFiles),
      total: z.number(),
    },
    changes: 'nothing',
    async run({ config, limit }, { signal }) {
      requireOwnConfig(served, config);
      const { store, version, configPath, startedAtMs } = served;
      const statuses = await store.status();
      const nowMs = Date.now();
      const databases = await Promise.all(statuses.slice(0, limit).map((status) => recordOf(status, nowMs)));
      const files: ReplicaFiles[] = [];
      const listed = new Set(databases.map(({ database }) => database));
      const configs = store.configs.filter(({ path }) => listed.has(path));
      for await (const one of readAhead(configs, listsAtOnce, (config) => filesOf(config, { signal }))) files.push(one);
      const uptime = Math.floor((nowMs - startedAtMs) / 1000);
      const facts = { version, pid: process.pid, started_at: new Date(startedAtMs).toISOString() };
      const data = { ...facts, uptime_seconds: uptime, config: configPath, databases, files, total: statuses.length };
      const left = statuses.length - databases.length;
      return {
        text: [
          '=== Litestream Status Report ===',
          `Version Information:\n${version}`,
          `Current Config Path:\n${configPath}`,
          `Databases:\n${statusText(databases)}${moreText(left)}`,
          `LTX Files:\n${files.map(filesText).join('\n\n')}`,
        ].join('\n\n'),
        data,
      };
    },
  });
}

async function filesOf({ path, replicas }: DatabaseConfig, { signal }: CallOptions): Promise<ReplicaFiles> {
  const replica = replicas[0]!;
  using limit = new TimeLimit(listMs, signal);
  const ended = limit.signal;
  const found = { database: path, replica: replica.name };
  try {
    return { ...found, levels: await withReplica(replica, (client) => summaries(client.listAll({ signal: ended }))) };
  } catch (error) {
    signal?.throwIfAborted();
    return { ...found, levels: [], error: ended.aborted ? `no answer within ${listMs / 1000} s` : messageOf(error) };
  }
}

async function summaries(files: AsyncIterable<LtxFileInfo>): Promise<LevelSummary[]> {
  const byLevel = new Map<Level, { files: number; bytes: number; min: Txid; max: Txid }>();
  for await (const { level, minTxid, maxTxid, sizeBytes } of files) {
    const sum = byLevel.get(level) ?? { files: 0, bytes: 0, min: minTxid, max: maxTxid };
    sum.files += 1;
    sum.bytes += sizeBytes;
    if (minTxid < sum.min) sum.min = minTxid;
    if (maxTxid > sum.max) sum.max = maxTxid;
    byLevel.set(level, sum);
  }
  return [...byLevel]
    .sort(([a], [b]) => a - b)
    .map(([level, { min, max, ...sum }]) => ({
      level,
      ...sum,
      min_txid: formatTxid(min),
      max_txid: formatTxid(max),
    }));
}

function filesText({ database, replica, levels, error }: ReplicaFiles): string {
  const head = `Database: ${database}, replica ${replica}`;
  if (error !== undefined) return `${head}\nFailed to get LTX files: ${error}`;
  const rows = levels.map((record) => Object.values(record).map(String));
  return `${head}\n${formatTable(['level', 'files', 'bytes', 'min_txid', 'max_txid'], rows)}`;
}
