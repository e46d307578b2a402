/** A failure that one line explains; anything else thrown is a bug and keeps its stack. */
export class StepError extends Error {
  name = 'StepError';
}

/** One line a step, with the seconds it took. */
export class Progress {
  #stream;
  #quiet;

  /** `quiet` leaves out the steps that had nothing to do. */
  constructor(stream, { quiet = false } = {}) {
    this.#stream = stream;
    this.#quiet = quiet;
  }

  line(text) {
    this.#stream.write(`${text}\n`);
  }

  unchanged(name) {
    if (!this.#quiet) this.line(`${name.padEnd(22)} unchanged`);
  }

  async step(name, work) {
    const startMs = performance.now();
    const result = await work();
    this.line(`${name.padEnd(22)} ${secondsSince(startMs)}`);
    return result;
  }
}

export function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

/** Runs an entry script: its result is the exit code, a `StepError` is one line on stderr and exit code 1. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}
