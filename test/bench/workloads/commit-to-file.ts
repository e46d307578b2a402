import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.ts';
import { BenchError } from '../bench-error.ts';
import { besideSidecar } from '../beside-sidecar.ts';
import { pythonCommand } from '../python-program.ts';
import { quantile } from '../statistics.ts';
import { type Bench, roundOf, type Workload } from '../workload.ts';

const limitMs = 30_000;
const nanosecondsPerMs = 1e6;

/** How long a commit takes to be safe elsewhere, when there is one now and then. */
export const commitToFileWorkload: Workload = {
  name: 'commit-to-file',
  about:
    'from the return of a commit to its file being readable under its final name in the replica, one commit now and then',
  promises: [
    { measure: 'p50Ms', below: 20 },
    { measure: 'p95Ms', below: 60 },
  ],
  round: (bench, programs) =>
    roundOf(programs, async (program) => {
      const { result } = await besideSidecar(bench, program, (databasePath, replicaPath) =>
        commitNowAndThen(bench, databasePath, join(replicaPath, 'ltx/0')),
      );
      return { p50Ms: quantile(result, 0.5), p95Ms: quantile(result, 0.95), longestMs: Math.max(...result) };
    }),
};

async function commitNowAndThen({ size }: Bench, databasePath: string, levelPath: string): Promise<number[]> {
  const random = new Random(1);
  const [command, words] = pythonCommand('commit', [databasePath]);
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout });
  const files = new NewFiles(levelPath);
  const latencies: number[] = [];
  try {
    for (let count = 0; count < size.commitCount; count++) {
      await sleep(random.int(size.restMs, size.restMs + size.longestPauseMs));
      const file = files.next();
      child.stdin.write('commit\n');
      const [answer] = (await once(answers, 'line', { signal: AbortSignal.timeout(limitMs) })) as [string];
      latencies.push(Number((await file) - BigInt(answer)) / nanosecondsPerMs);
    }
  } finally {
    files.close();
    child.stdin.end();
    await once(child, 'close');
  }
  return latencies;
}

/** Sees files appear under their final names: events, not a poll that would take the processor from who is measured. */
class NewFiles {
  readonly #path: string;
  readonly #watcher: ReturnType<typeof watch>;

  constructor(path: string) {
    this.#path = path;
    this.#watcher = watch(path);
  }

  /** Resolves to the monotonic clock at the moment the next file could be read. */
  next(): Promise<bigint> {
    const known = new Set(this.#names());
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#watcher.off('change', look);
      };
      const look = () => {
        const name = this.#names().find((candidate) => !known.has(candidate));
        if (name === undefined || readFileSync(join(this.#path, name)).byteLength === 0) return;
        const now = process.hrtime.bigint();
        end();
        resolve(now);
      };
      const timer = setTimeout(() => {
        end();
        reject(new BenchError(`Cannot time a commit: no file in ${this.#path} within ${limitMs} ms`));
      }, limitMs);
      this.#watcher.on('change', look);
    });
  }

  close(): void {
    this.#watcher.close();
  }

  #names(): string[] {
    return readdirSync(this.#path).filter((name) => name.endsWith('.ltx'));
  }
}
