import { defaultLevelSettings } from '../../src/engine/levels/level-settings.ts';

/** Settings of a replicator that deletes nothing: recordings are older than any retention. */
export const keepAll = { levels: { ...defaultLevelSettings, isRetentionEnabled: false } } as const;
