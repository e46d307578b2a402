import * as z from 'zod';
import { key } from './key.ts';
import { durationOfAtLeast, text, toggle } from './scalar.ts';

const leastTtlMs = 3_000;
const ours = true;

/** Who may write a database's replicas, for all databases or for one. */
export const leaseSchema = z.strictObject({
  enabled: key(toggle, 'true: every replica has a lease, or the start is refused; false: none has', {
    otherwise: 'S3 replicas have one where their store can carry it',
    ours,
  }),
  ttl: key(
    durationOfAtLeast(leastTtlMs, 'a duration of at least 3s'),
    'how long others wait for a holder that is gone',
    { default: '30s', ours },
  ),
  owner: key(text, 'what others read of the holder', { otherwise: 'host name and process id', ours }),
});
