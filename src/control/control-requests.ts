import * as z from 'zod';
import { defaultTimeoutSeconds } from './control-messages.ts';

const required = (key: string) => z.string(`${key} required`).min(1, `${key} required`);
/** 0 and less mean the default, as in Litestream. */
const seconds = z
  .int('timeout must be a whole number of seconds')
  .optional()
  .transform((timeout = 0) => (timeout > 0 ? timeout : defaultTimeoutSeconds));

export const databaseRequest = z.object({ path: required('path'), timeout: seconds });
export const syncRequest = databaseRequest.extend({ wait: z.boolean('wait must be true or false').default(false) });
export const registerRequest = z.object({ path: required('path'), replica_url: required('replica_url') });
