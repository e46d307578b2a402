import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ReplicatorOptions } from './replicator-options.ts';
import type { Shipping } from './shipping.ts';

/** Ships what is left, as long as a stop has time for it, then ends all shipping. */
export async function drainShipping(
  shipping: Shipping,
  { timeoutMs, retryMs }: ReplicatorOptions['shutdown'],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  const late = await shipping.drain(timeoutMs, retryMs, clock);
  for (const replica of late) {
    logger.warn('stopped before everything was shipped; it is sent after the next start', { replica });
  }
  await shipping.stop();
}
