import { benchArguments } from './bench-arguments.ts';
import { BenchError } from './bench-error.ts';
import { machineFacts } from './machine.ts';
import { versionOf } from './program.ts';
import { runWorkload } from './run-workload.ts';
import { allWorkloads } from './workload-list.ts';
import { Workspace } from './workspace.ts';

/** Runs workloads and prints one JSON document for each on stdout, progress on stderr. Resolves to the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const given = benchArguments(argv, allWorkloads());
  const workspace = await Workspace.open();
  const stop = () => process.exit(130);
  // Heard until the process is gone: the second copy of a request must not kill it while it ends what it started.
  process.on('SIGINT', stop).on('SIGTERM', stop);
  process.once('exit', () => workspace[Symbol.dispose]());
  const tell = (line: string) => void process.stderr.write(`${line}\n`);
  const programs = await Promise.all(
    given.programs.map(async (program) => ({ name: program.name, version: await versionOf(program) })),
  );
  const facts = { machine: machineFacts(), programs, roundCount: given.roundCount, size: given.size };
  let broken = 0;
  for (const { workload, programs } of given.runs) {
    const date = new Date().toISOString();
    const result = await runWorkload(workload, { ...given, programs, workspace, tell });
    process.stdout.write(`${JSON.stringify({ ...result, date, ...facts }, null, 2)}\n`);
    for (const { measure, promised, median, state } of result.promises) {
      const shown = state === 'broken' ? 'BROKEN' : state;
      tell(`${workload.name} ${measure}: ${median ?? 'no figure'}, promised ${promised}: ${shown}`);
      if (state === 'broken') broken++;
    }
  }
  return given.assert && broken > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 2;
}
