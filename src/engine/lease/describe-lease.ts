import type { LeaseHolder, LeaseStatus } from './lease-status.ts';

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
      const until = new Date(status.holder.untilMs).toISOString();
      return `its lease is held by ${holderName(status.holder)} until ${until}`;
    }
    case 'held':
      return `its lease is held by this process in epoch ${status.epoch}`;
    case 'lapsed':
      return `its lease was not renewed in time${status.error === undefined ? '' : `: ${status.error}`}`;
    case 'released':
      return 'its lease was given back';
  }
}

/** Who holds a lease, and on which host where the name does not say so. */
export function holderName({ owner, hostname }: LeaseHolder): string {
  return hostname === undefined || owner.includes(hostname) ? owner : `${owner} on ${hostname}`;
}
