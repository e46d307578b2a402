import { messageOf } from '../runtime/typed-error.ts';
import { ServiceError } from './service-error.ts';

/** A module that has loaded stays; whoever starts a database asks. */
let isLoaded = false;

/** Throws ServiceError `sqlite-missing` unless SQLite can be used. To be called before the first use: it says the way out. */
export async function requireSqlite(): Promise<void> {
  if (isLoaded) return;
  try {
    const { default: Database } = await import('better-sqlite3');
    new Database(':memory:').close();
    isLoaded = true;
  } catch (error) {
    const [state = ''] = messageOf(error).split('\n');
    throw new ServiceError(
      'sqlite-missing',
      `Cannot use SQLite: the native module of better-sqlite3 does not load (${state.replace(/\. Tried:$/, '')}): run \`npm approve-scripts better-sqlite3 && npm rebuild better-sqlite3\``,
      { cause: error },
    );
  }
}
