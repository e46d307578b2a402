import type { Logger } from '../../runtime/logger.ts';
import type { DatabaseLeases } from '../lease/database-leases.ts';

/** A host that stands by for ever, because another database has taken its place in a replica, must say so: once. */
export class StrangerLook {
  #because: string | undefined;

  /** What was found at the last look. */
  get because(): string | undefined {
    return this.#because;
  }

  async look(
    leases: DatabaseLeases | undefined,
    { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    const stranger = await leases?.stranger({ signal }).catch(() => undefined); // asked again in a minute
    if (stranger !== undefined && stranger.because !== this.#because)
      logger.error('stands by for ever', { ...stranger });
    this.#because = stranger?.because;
  }
}
