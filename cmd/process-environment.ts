import { availableParallelism, homedir } from 'node:os';
import type { ConfigEnvironment } from '../src/config/read-file.ts';

/** This process as configuration sees it. */
export function processEnvironment(): ConfigEnvironment {
  return {
    variables: process.env,
    processId: process.pid,
    workingDirectory: process.cwd(),
    homeDirectory: homedir() || undefined,
    processorCount: availableParallelism(),
    logLevel: process.env.LOG_LEVEL,
  };
}
