/** A change of one compiled module that makes it wrong; the text must stand in it exactly once. */
export interface Replacement {
  readonly module: string;
  readonly text: string;
  readonly by: string;
}

/** Faults that a replicator must never have. They exist in test processes only: the shipped code is not touched. */
export const plantedFaults = {
  'skip a frame': [
    {
      module: 'src/engine/capture/wal-capture.js',
      text: 'this.pages.set(pgno, page);',
      by: 'globalThis.planted = (globalThis.planted ?? 0) + 1; if (pgno > 4 || globalThis.planted % 3 !== 0) this.pages.set(pgno, page);',
    },
  ],
  'hold no read mark': [
    {
      module: 'src/sqlite/read-mark.js',
      text: 'return this.#held;\n        }\n        catch',
      by: "this.#connection.exec('rollback'); return this.#held;\n        }\n        catch",
    },
    { module: 'src/sqlite/live-database.js', text: 'hasLocks() {', by: 'hasLocks() { return true;' },
  ],
  'trust the position after a restart': [
    {
      module: 'src/engine/continuity/wal-evidence.js',
      text: 'const { index } = live.held;',
      by: 'const { index } = live.held; return position;',
    },
  ],
} as const satisfies Record<string, readonly Replacement[]>;

export type PlantedFault = keyof typeof plantedFaults;

/** What goes before a program for a fault to be in it. */
export function plant(fault: PlantedFault): string[] {
  return ['--import', `${new URL('./plant.js', import.meta.url)}?${encodeURIComponent(fault)}`];
}
