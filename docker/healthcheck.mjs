/**
 * HEALTHCHECK of the image: asks the process that replicates whether it answers, at `addr`, else at its control socket. Of a
 * process that has neither, or that does not replicate, all that can be known is that it runs.
 *
 *     node healthcheck.mjs [PROCESS_ID]     default: 1, what the container runs
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const timeoutSeconds = 3;

/** The flags of `replicate` that take a value. */
const valueFlags = ['config', 'exec', 'log-level'];

const { healthy, said } = await health(process.argv[2] ?? '1');
process.stdout.write(`${said.trim()}\n`);
process.exitCode = healthy ? 0 : 1;

async function health(pid) {
  const { configFlags, databases } = replicateArguments(pid);
  if (databases === undefined) return { healthy: true, said: 'it runs, and does not replicate' };
  if (databases.length > 0)
    return { healthy: true, said: 'it runs; databases of the command line have no addr and no socket' };
  const config = litestream('config', '-check', ...configFlags);
  if (!config.healthy) return config;
  const addr = /^addr: "?(?:\[?(.*?)\]?:)?(\d+)\b/m.exec(config.said);
  if (addr !== null) return askHttp(addr[1], addr[2]);
  const socket = /^socket:\n +enabled: true.*\n +path: (.*?)(?: # default)?$/m.exec(config.said)?.[1];
  if (socket !== undefined) return litestream('info', '-socket', socket, '-timeout', String(timeoutSeconds));
  return { healthy: true, said: 'it runs; its config file has no addr and no socket' };
}

/** What a process was told to replicate; `databases` is undefined for other commands. */
function replicateArguments(pid) {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const at = words.indexOf('replicate');
  if (at < 0) return { configFlags: [], databases: undefined };
  const given = { configFlags: [], databases: [] };
  for (const left = words.slice(at + 1); left.length > 0; ) {
    const word = left.shift();
    const [, name, value] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) given.databases.push(word);
    const argument = valueFlags.includes(name) ? (value ?? left.shift()) : undefined;
    if (name === 'config') given.configFlags.push('-config', argument);
    if (name === 'no-expand-env') given.configFlags.push('-no-expand-env');
  }
  return given;
}

async function askHttp(host, port) {
  const isAny = [undefined, '', '0.0.0.0', '::'].includes(host);
  const url = `http://${isAny ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}/healthz`;
  try {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000) });
    return { healthy: ok, said: `${url} answers ${status}` };
  } catch (error) {
    return { healthy: false, said: `${url} does not answer: ${error.cause?.message ?? error.message}` };
  }
}

function litestream(...args) {
  const { status, stdout, stderr, error } = spawnSync('litestream', args, { encoding: 'utf8' });
  return { healthy: status === 0, said: status === 0 ? stdout : (stderr ?? String(error)) };
}
