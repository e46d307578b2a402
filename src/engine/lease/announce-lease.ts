import type { Logger } from '../../runtime/logger.ts';
import type { LeaseStatus } from './lease-status.ts';

/** Says a change once. */
export function announceLease(before: LeaseStatus, after: LeaseStatus, logger: Logger): void {
  const wasHeld = before.kind === 'held' || before.kind === 'lapsed';
  switch (after.kind) {
    case 'held': {
      const { epoch, owner } = after;
      if (before.kind === 'lapsed') logger.info('lease renewed, sending goes on', { epoch });
      else if (before.kind === 'held') logger.info('lease raised', { epoch });
      else logger.info('lease acquired', { epoch, owner });
      return;
    }
    case 'lapsed':
      logger.warn('lease not renewed in time, nothing is sent until it is', { epoch: after.epoch, error: after.error });
      return;
    case 'standby': {
      const { holder, error } = after;
      const until = holder && new Date(holder.untilMs).toISOString();
      const fields = { holder: holder?.owner, hostname: holder?.hostname, until, error };
      if (wasHeld) logger.warn('lease lost, nothing is sent until it is taken again', fields);
      else if (error !== undefined) logger.warn('lease cannot be had', fields);
      else if (holder !== undefined) logger.info('lease is held by another process, waiting for it', fields);
      return;
    }
    case 'starting':
      if (after.error !== undefined) logger.warn('lease cannot be read, trying again', { error: after.error });
      return;
    case 'released':
      return;
  }
}
