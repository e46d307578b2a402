import type { LeaseStatus } from './lease-status.ts';

/** Where a database stands with its lease, for a message. */
export function describeLease(status: LeaseStatus | undefined): string {
  switch (status?.kind) {
    case undefined:
      return 'it needs no lease';
    case 'starting':
      return status.error ?? 'its lease was not read yet';
    case 'standby': {
      if (status.error !== undefined) return status.error;
      if (status.holder === undefined) return 'its lease is free and was not taken yet';
      const { owner, hostname, untilMs } = status.holder;
      const where = hostname === undefined || owner.includes(hostname) ? '' : ` on ${hostname}`;
      return `its lease is held by ${owner}${where} until ${new Date(untilMs).toISOString()}`;
    }
    case 'held':
      return `its lease is held by this process in epoch ${status.epoch}`;
    case 'lapsed':
      return `its lease was not renewed in time${status.error === undefined ? '' : `: ${status.error}`}`;
    case 'released':
      return 'its lease was given back';
  }
}
