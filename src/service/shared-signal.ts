import { setMaxListeners } from 'node:events';

/** A signal that any number of calls may listen to; Node would warn on the console of more than ten. */
export function sharedSignal(signal: AbortSignal): AbortSignal {
  const shared = AbortSignal.any([signal]);
  setMaxListeners(0, shared);
  return shared;
}
