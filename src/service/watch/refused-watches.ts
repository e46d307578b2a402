import type { Logger } from '../../runtime/logger.ts';
import { systemErrorCode } from '../../runtime/typed-error.ts';

/**
 * The directories of one process that the operating system refuses to watch. One limit is behind all of them, so it is said
 * once, and once more when the last of them is watched.
 */
export class RefusedWatches {
  readonly #logger: Logger;
  readonly #refused = new Set<object>();

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger;
  }

  /** `watcher` stands for the directory; it polls from now on. */
  refuse(watcher: object, directory: string, error: unknown): void {
    if (this.#refused.size === 0) {
      const hint = systemErrorCode(error) === 'ENOSPC' ? 'raise the sysctl fs.inotify.max_user_watches' : undefined;
      this.#logger.warn('cannot watch directories, polling them', { directory, error, hint });
    }
    this.#refused.add(watcher);
  }

  /** It is watched, or nobody wants it to be any more. Idempotent. */
  release(watcher: object, state: 'watched' | 'closed'): void {
    if (!this.#refused.delete(watcher) || this.#refused.size > 0 || state === 'closed') return;
    this.#logger.info('every directory is watched again');
  }
}
