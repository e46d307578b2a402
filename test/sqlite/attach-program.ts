import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import { inspectDatabase } from '../../src/sqlite/inspect-database.ts';
import { LiveDatabase } from '../../src/sqlite/live-database.ts';
import { LiveError } from '../../src/sqlite/live-error.ts';

// Tries what an ordinary user may do with a database: prints what inspecting and attaching it say.
const [path] = process.argv.slice(2) as [string];

function attempt(act: () => string): { code: string; message: string; hint?: string | undefined } {
  try {
    return { code: 'none', message: act() };
  } catch (error) {
    if (!(error instanceof LiveError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

const inspected = attempt(() => inspectDatabase(path, new AttachedFiles()));
const attached = attempt(() => {
  const live = LiveDatabase.open(path, new AttachedFiles());
  const { kind } = live.held;
  live.close();
  return kind;
});
console.log(JSON.stringify({ inspected, attached }));
