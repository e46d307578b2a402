import { alternate, besideSidecar } from '../beside-sidecar.ts';
import type { Program } from '../program.ts';
import { runPython } from '../python-program.ts';
import type { Bench, Measures, Workload } from '../workload.ts';

/** What checkpoints.py prints. */
interface CheckpointReport {
  readonly checkpoints: { readonly longestMs: Readonly<Record<string, number>>; readonly refused: number };
  readonly commits: { readonly longestMs: number };
}

/**
 * Pauses between two commits, in seconds: long enough for a sidecar to come to rest, and hardly any. With none at all a
 * checkpoint starves behind the writer for seconds, whether a sidecar is there or not.
 */
const pauses = { idle: 0.3, busy: 0.002 } as const;

/** An application's own checkpoints hold its writers up for as long as a sidecar makes them wait. */
export const appCheckpointsWorkload: Workload = {
  name: 'app-checkpoints',
  about:
    'the application calls FULL, RESTART and TRUNCATE in turn with a busy timeout of 5 s, beside a process that commits: ' +
    'every 0.3 s (idle) or every 2 ms (busy)',
  promises: [
    { measure: 'idleLongestCommitMs', below: 100 },
    { measure: 'busyLongestCommitMs', below: 100 },
  ],
  round: (bench, programs) =>
    alternate(programs, async (program) => ({
      ...(await run(bench, program, 'idle')),
      ...(await run(bench, program, 'busy')),
    })),
};

async function run(bench: Bench, program: Program | undefined, kind: keyof typeof pauses): Promise<Measures> {
  const { result } = await besideSidecar(bench, program, async (databasePath) => {
    const args = [databasePath, String(bench.size.loadSeconds), String(pauses[kind])];
    return JSON.parse(await runPython('checkpoints', args)) as CheckpointReport;
  });
  const { checkpoints, commits } = result;
  return {
    [`${kind}LongestCommitMs`]: commits.longestMs,
    [`${kind}LongestCheckpointMs`]: Math.max(...Object.values(checkpoints.longestMs)),
    ...Object.fromEntries(
      Object.entries(checkpoints.longestMs).map(([mode, ms]) => [`${kind}Longest${capitalised(mode)}Ms`, ms]),
    ),
    [`${kind}RefusedCheckpoints`]: checkpoints.refused,
  };
}

function capitalised(mode: string): string {
  return mode[0] + mode.slice(1).toLowerCase();
}
