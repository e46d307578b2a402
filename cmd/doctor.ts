import { dirname } from 'node:path';
import { RunningLitestreams } from '../src/engine/running-litestreams.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { type Colour, coloured, wantsColour } from './colour.ts';
import { type CommandIo, defineCommand, printJson } from './command.ts';
import { databaseNamed, databasesOf, loadConfig } from './database-lookup.ts';
import { databaseChecks } from './doctor/database-checks.ts';
import type { Finding, Severity } from './doctor/finding.ts';
import { machineChecks } from './doctor/machine-checks.ts';
import { ReplicaChecks } from './doctor/replica-checks.ts';
import { exitCodes } from './exit-code.ts';
import { configFlags, jsonFlag } from './flag.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  description:
    'The doctor command looks for what keeps databases from being replicated, or from being replicated well, and says what to do about each.',
  usage: ['[DB_PATH...]'],
  flags: { ...configFlags, ...jsonFlag },
  notes: [
    'It looks at the journal mode, permissions, disk space and other processes of each database, at the limits of this machine, and asks each store whether it can be reached, whether clocks agree, whether it carries leases, and who holds them. Databases are not opened; where there are leases, one small object is written beside them.',
    'Without DB_PATH all databases of the config file are looked at. The exit code is 1 when something does not work.',
  ],
  examples: [
    ['Look at everything that the config file names.', 'doctor'],
    ['Look at one database.', 'doctor /data/app.db'],
  ],
  async run({ flags, words }, io) {
    const databases =
      words.length === 0
        ? await databasesOf((await loadConfig(flags, io.environment)).config)
        : await Promise.all(words.map((word) => databaseNamed(word, flags, io.environment)));
    const directories = [...new Set(databases.map(({ path }) => dirname(path)))];
    const litestreams = new RunningLitestreams({ clock: systemClock });
    const replicas = new ReplicaChecks();
    const findings = await Promise.all([
      ...machineChecks(databases.length, directories),
      ...databases.flatMap((database) => [
        ...databaseChecks(database, litestreams),
        ...database.replicas.flatMap((_, i) => replicas.of(database, i)),
      ]),
    ]);
    if (flags.json) printJson(io, findings);
    else print(findings, io);
    return findings.some(({ severity }) => severity === 'failure') ? exitCodes.failed : exitCodes.done;
  },
});

const colours: Readonly<Record<Severity, Colour | undefined>> = {
  ok: 'green',
  note: undefined,
  warning: 'yellow',
  failure: 'red',
};

/** By what they are about, each with its remedy below it. */
function print(findings: readonly Finding[], io: CommandIo): void {
  const isColoured = wantsColour(io.isOutputTerminal, io.environment.variables);
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const about of new Set(findings.map((finding) => finding.about))) {
    io.print(about);
    for (const { severity, check, state, remedy } of findings.filter((finding) => finding.about === about)) {
      const word = severity.padEnd('failure'.length);
      io.print(`  ${isColoured ? coloured(word, colours[severity]) : word}  ${check.padEnd(width)}  ${state}`);
      if (remedy !== undefined) io.print(`  ${' '.repeat(word.length)}  ${' '.repeat(width)}  -> ${remedy}`);
    }
  }
}
