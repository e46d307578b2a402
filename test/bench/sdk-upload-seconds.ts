import { fileURLToPath } from 'node:url';
import { measuredRun, type RunPlace } from './measured-run.ts';
import type { Program } from './program.ts';
import type { ReplicaPlace } from './replica-store.ts';

const uploader: Program = {
  name: 'the AWS SDK alone',
  words: [process.execPath, fileURLToPath(new URL('./sdk-upload.js', import.meta.url))],
};

/** How long a process takes that uploads one file to where a replica is, and does nothing else. */
export async function sdkUploadSeconds(filePath: string, { url }: ReplicaPlace, run: RunPlace): Promise<number> {
  const { cost } = await measuredRun(uploader, [url, filePath], run);
  return cost.wallSeconds;
}
