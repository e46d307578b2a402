import type { PageState } from './page-state.ts';
import { RestoreProgress } from './restore-progress.tsx';

/** The restores that were begun from pages, the newest first. */
export function RestoreList({ state }: { readonly state: PageState }) {
  const restores = [...state.restores.values()].sort((a, b) => b.id - a.id);
  if (restores.length === 0) return null;
  return (
    <details class="restores" open>
      <summary>
        <h2>Restores</h2>
      </summary>
      {restores.map((restore) => (
        <RestoreProgress key={restore.id} restore={restore} />
      ))}
    </details>
  );
}
