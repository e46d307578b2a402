import { availableParallelism, homedir } from 'node:os';
import type { ConfigEnvironment } from '../src/config/read-file.ts';

/** Credentials may have Litestream's names, as AWS's confuse where the store is not AWS; those of AWS go first. */
const credentialVariables = {
  LITESTREAM_ACCESS_KEY_ID: 'AWS_ACCESS_KEY_ID',
  LITESTREAM_SECRET_ACCESS_KEY: 'AWS_SECRET_ACCESS_KEY',
} as const;

/** This process as configuration sees it. Credentials are put where the AWS SDK, also in child processes, finds them. */
export function processEnvironment(): ConfigEnvironment {
  for (const [name, awsName] of Object.entries(credentialVariables)) {
    const value = process.env[name];
    if (value !== undefined) process.env[awsName] ??= value;
  }
  return {
    variables: process.env,
    processId: process.pid,
    workingDirectory: process.cwd(),
    homeDirectory: homedir() || undefined,
    processorCount: availableParallelism(),
    logLevel: process.env.LOG_LEVEL,
  };
}
