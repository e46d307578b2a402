import { DatabaseLock } from '../../src/engine/database-lock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { TypedError } from '../../src/runtime/typed-error.ts';

// Takes the lock of a database, says how that went and holds it until its input ends.
const [databasePath, ...metaPaths] = process.argv.slice(2) as [string, ...string[]];
try {
  const lock = await DatabaseLock.acquire({ databasePath, metaPaths }, { logger: silentLogger });
  console.log(JSON.stringify({ code: 'none', message: '' }));
  process.stdin.once('end', () => void lock.release()).resume();
} catch (error) {
  if (!(error instanceof TypedError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint }));
}
