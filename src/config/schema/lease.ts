import * as z from 'zod';
import { durationOfAtLeast, text, toggle } from './scalar.ts';

const leastTtlMs = 3_000;

/** Who may write a database's replicas, for all databases or for one. */
export const leaseSchema = z.strictObject({
  enabled: toggle.optional(),
  ttl: durationOfAtLeast(leastTtlMs, 'a duration of at least 3s').optional(),
  owner: text.optional(),
});
