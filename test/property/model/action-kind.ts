import type { CheckpointMode } from '../../support/writer.ts';

/** What may happen to a database and its sidecar; a run does each of them many times. */
export const actionKinds = [
  'commit',
  'big commit',
  'delete',
  'VACUUM',
  'PASSIVE checkpoint',
  'FULL checkpoint',
  'RESTART checkpoint',
  'TRUNCATE checkpoint',
  'kill sidecar',
  'kill writer',
  'stop',
  'start',
  'clock step',
  'change while away',
] as const;
export type ActionKind = (typeof actionKinds)[number];

/** What may happen while the sidecar runs. */
export const runningKinds: readonly ActionKind[] = actionKinds.filter(
  (kind) => kind !== 'start' && kind !== 'change while away',
);

/** The mode of a checkpoint by the application; undefined for other actions. */
export function checkpointMode(kind: ActionKind): CheckpointMode | undefined {
  const [mode, word] = kind.split(' ');
  return word === 'checkpoint' ? (mode as CheckpointMode) : undefined;
}

export type ActionCounts = Record<ActionKind, number>;

export function noActions(): ActionCounts {
  return Object.fromEntries(actionKinds.map((kind) => [kind, 0])) as ActionCounts;
}
