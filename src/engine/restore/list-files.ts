import { type Level, levels } from '../../format/ltx/level.ts';
import type { CallOptions, LtxFileInfo, ReplicaClient } from '../../replica/replica-client.ts';

/** The files of all levels, in no order. */
export async function listFiles(client: ReplicaClient, options: CallOptions): Promise<LtxFileInfo[]> {
  const files: LtxFileInfo[] = [];
  const listLevel = async (level: Level) => {
    for await (const file of client.list(level, options)) files.push(file);
  };
  await Promise.all(levels.map(listLevel));
  return files;
}
