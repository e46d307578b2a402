import { alternate, besideSidecar } from '../beside-sidecar.ts';
import type { Program } from '../program.ts';
import type { Promised } from '../promise.ts';
import { runPython } from '../python-program.ts';
import type { Bench, Measures, Workload } from '../workload.ts';

/** What closed_loop.py prints. */
interface LoopReport {
  readonly transactions: number;
  readonly perSecond: number;
  readonly longestMs: number;
  readonly p99Ms: number;
  readonly medianMs: number;
}

const cpuTransactions = 10_000;

/** An application that commits as fast as it can, with its own automatic checkpoints. */
export const closedLoopWorkload = closedLoop({
  name: 'closed-loop',
  shape: 'orders',
  about: '10-row transactions, one right after the other, into a table with two indexes, synchronous=NORMAL',
  promises: [
    { measure: 'throughputRatio', atLeast: 0.98 },
    { measure: 'longestCommitMs', below: 50 },
    { measure: 'cpuSecondsPer10000Transactions', below: 1.3 },
  ],
});

/** The hardest case for whoever follows the WAL: transactions that cost the application almost nothing. */
export const closedLoopAppendWorkload = closedLoop({
  name: 'closed-loop-append',
  shape: 'append',
  about:
    '10 tiny rows a transaction, one right after the other, appended to a table without an index, synchronous=NORMAL',
  promises: [],
});

function closedLoop(options: {
  name: string;
  shape: 'orders' | 'append';
  about: string;
  promises: readonly Promised[];
}): Workload {
  return {
    ...options,
    round: (bench, programs) => alternate(programs, (program, without) => run(bench, options.shape, program, without)),
  };
}

async function run(
  bench: Bench,
  shape: 'orders' | 'append',
  program: Program | undefined,
  without: Measures | undefined,
): Promise<Measures> {
  const { result, sidecar } = await besideSidecar(bench, program, async (databasePath) => {
    const printed = await runPython('closed_loop', [databasePath, shape, String(bench.size.loadSeconds)]);
    return JSON.parse(printed) as LoopReport;
  });
  const { transactions, perSecond, longestMs, p99Ms, medianMs } = result;
  const measures = {
    transactionsPerSecond: perSecond,
    longestCommitMs: longestMs,
    p99CommitMs: p99Ms,
    medianCommitMs: medianMs,
  };
  if (sidecar === undefined) return measures;
  return {
    throughputRatio: perSecond / without!.transactionsPerSecond!,
    ...measures,
    cpuSecondsPer10000Transactions: (sidecar.cpuSeconds / transactions) * cpuTransactions,
    peakMegabytes: sidecar.peakMegabytes,
  };
}
