import { spawn } from 'node:child_process';
import { StepError } from './progress.mjs';
import { projectRoot } from './project.mjs';

/** Runs a program in the project's root to its end; stdout and stderr come back as one text. `env` is added to ours. */
export function runCommand(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => reject(new StepError(`Cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString().trimEnd() });
    });
  });
}

/** The first lines, where npm names the reason, and the last, where a compiler does. */
export function bothEnds(output, { headCount, tailCount }) {
  const lines = output.split('\n');
  if (lines.length <= headCount + tailCount) return output;
  return [...lines.slice(0, headCount), '...', ...lines.slice(-tailCount)].join('\n');
}
