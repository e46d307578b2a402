/** What a durable file is for; the first half of a step's name. */
export const durablePurposes = [
  'local-ltx',
  'replica-ltx',
  'attempted-mark',
  'checksum-table',
  'restored-database',
  'restore-marker',
  'lease',
  'lease-memory',
] as const;
export type DurablePurpose = (typeof durablePurposes)[number];

/** The stages of making one file durable, in order. Each is reported right after it has happened. */
export const durableStages = ['write', 'sync', 'publish', 'sync-directory'] as const;
export type DurableStage = (typeof durableStages)[number] | 'remove' | 'move';

/** A point at which a process may be stopped and everything must still be right after a restart. */
export type DurableStep = `${DurablePurpose}.${DurableStage}`;

/** Every step there is, for tests that stop the process at each of them. */
export const durableSteps: readonly DurableStep[] = [
  ...durablePurposes.flatMap((purpose) => durableStages.map((stage): DurableStep => `${purpose}.${stage}`)),
  'local-ltx.remove',
  'local-ltx.move',
  'replica-ltx.remove',
  'attempted-mark.remove',
];

/** Called right after a step has happened, before anything else does. */
export type DurableObserver = (step: DurableStep, path: string) => void;
