import { runCommand } from './command.mjs';
import { main, Progress, secondsSince } from './progress.mjs';
import { setUp } from './setup.mjs';

const checks = [
  { name: 'lint and format', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.', '--noEmit', '--incremental', 'false'] },
  { name: 'types of the page', args: ['node_modules/typescript/bin/tsc', '-p', 'src/dashboard/page'] },
  { name: 'lines', args: ['scripts/check-lines.mjs'] },
];

/** Everything that can be said about the sources without running them. */
await main(async () => {
  await setUp(new Progress(process.stdout), { packagesOnly: true });
  const startMs = performance.now();
  const results = await Promise.all(checks.map(runCheck));
  for (const { name, code, output, seconds } of results) {
    process.stdout.write(`${name.padEnd(22)} ${seconds}  ${code === 0 ? 'ok' : 'FAILED'}\n`);
    if (code !== 0) process.stdout.write(`${output}\n`);
  }
  const failed = results.filter(({ code }) => code !== 0).map(({ name }) => name);
  process.stdout.write(
    failed.length === 0 ? `check passed in ${secondsSince(startMs)}\n` : `check failed: ${failed.join(', ')}\n`,
  );
  return failed.length === 0 ? 0 : 1;
});

async function runCheck({ name, args }) {
  const startMs = performance.now();
  const { code, output } = await runCommand(process.execPath, args);
  return { name, code, output, seconds: secondsSince(startMs) };
}
