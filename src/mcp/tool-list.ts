import { databasesTool } from './databases-tool.ts';
import { infoTool } from './info-tool.ts';
import { ltxTool } from './ltx-tool.ts';
import { resetTool } from './reset-tool.ts';
import { restoreTool } from './restore-tool.ts';
import type { Served } from './served.ts';
import { statusTool } from './status-tool.ts';
import type { Tool } from './tool.ts';
import { versionTool } from './version-tool.ts';

/** Litestream's tools. */
export function toolsOf(served: Served): readonly Tool[] {
  return [infoTool, databasesTool, statusTool, ltxTool, versionTool, restoreTool, resetTool].map((make) =>
    make(served),
  );
}
