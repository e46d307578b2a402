import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

/** One moment as Litestream's reader sees it. */
export interface ReadState {
  /** 16 hexadecimal digits. */
  readonly txid: string;
  /** What each query printed. */
  readonly answers: readonly string[];
}

export interface ReplicaToRead {
  readonly extension: string;
  readonly url: string;
  /** Where the shell runs. */
  readonly folder: string;
  /** Credentials. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const require = createRequire(import.meta.url);
const separator = '--';

/** Litestream's own reader, an extension of SQLite; or why there is none here. */
export function findLitestreamReader(): { readonly path: string } | { readonly missing: string } {
  try {
    const { getLoadablePath } = require('litestream-vfs') as { getLoadablePath(): string };
    const path = getLoadablePath();
    return shellCanLoad() ? { path } : { missing: 'there is no sqlite3 shell that loads extensions' };
  } catch (error) {
    return { missing: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}

/** Some systems ship a shell without `.load`. */
function shellCanLoad(): boolean {
  const { stdout } = spawnSync('sqlite3', [], { input: '.help load', encoding: 'utf8' });
  return stdout?.includes('.load FILE') ?? false;
}

/**
 * Opens a replica afresh in the sqlite3 shell through Litestream's reader and asks the same queries at each moment; the
 * newest state comes last.
 */
export function readMoments(
  { extension, url, folder, env = {} }: ReplicaToRead,
  momentsMs: readonly number[],
  queries: readonly string[],
): ReadState[] {
  const ask = ['pragma litestream_txid;', ...queries.flatMap((query) => [`.print ${separator}`, `${query};`])];
  const script = [
    `.load ${extension}`,
    '.open file:app.db?vfs=litestream',
    ...momentsMs.flatMap((ms) => [`pragma litestream_time = '${new Date(ms).toISOString()}';`, ...ask, '.print ==']),
    'pragma litestream_time = LATEST;',
    ...ask,
  ];
  const { stdout, stderr, status } = spawnSync('sqlite3', ['-bail'], {
    cwd: folder,
    env: { PATH: process.env.PATH, LITESTREAM_REPLICA_URL: url, ...env },
    input: script.join('\n'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Cannot read ${url} with Litestream's reader: ${stderr}`);
  return stdout.split('==\n').map((part) => {
    const [txid, ...answers] = part.split(`${separator}\n`).map((text) => text.trimEnd());
    return { txid: txid!, answers };
  });
}
