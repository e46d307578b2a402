import * as z from 'zod';
import type { Served } from './served.ts';
import { defineTool, type Tool } from './tool.ts';

export function versionTool({ version }: Served): Tool {
  return defineTool({
    name: 'litestream_version',
    title: 'Version',
    description: 'Print the version of the running process.',
    input: {},
    output: { version: z.string() },
    changes: 'nothing',
    run: async () => ({ text: version, data: { version } }),
  });
}
