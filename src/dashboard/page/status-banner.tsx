import { countText, durationText } from '../presentation/words.ts';
import { HealthMark } from './health-mark.tsx';
import type { PageState } from './page-state.ts';

/** One sentence that tells whether all is well. */
export function StatusBanner({ state }: { readonly state: PageState }) {
  const { health, text } = summary(state);
  return (
    <div class={`banner ${health}`}>
      <HealthMark health={health} word="" />
      <p role="status">{text}</p>
      {health !== 'trouble' && state.connection === 'live' && <p class="lag">{lagText(state)}</p>}
    </div>
  );
}

function summary({ connection, databases }: PageState): {
  readonly health: 'ok' | 'waiting' | 'trouble';
  readonly text: string;
} {
  if (connection === 'connecting') return { health: 'waiting', text: 'Connecting' };
  if (connection === 'lost') {
    return { health: 'trouble', text: 'No connection to litestream: what is shown may be out of date' };
  }
  const all = [...databases.values()];
  const inTrouble = all.filter(({ health }) => health === 'trouble').length;
  const waiting = all.filter(({ health }) => health === 'waiting').length;
  const count = countText(all.length, 'database', 'databases');
  if (all.length === 0) return { health: 'waiting', text: 'There are no databases yet' };
  if (inTrouble > 0) {
    return {
      health: 'trouble',
      text: `${inTrouble.toLocaleString()} of ${count} ${inTrouble === 1 ? 'needs' : 'need'} attention`,
    };
  }
  if (waiting > 0) return { health: 'waiting', text: `${count}, ${waiting.toLocaleString()} waiting` };
  return { health: 'ok', text: all.length === 1 ? 'The database is backed up' : `All ${count} are backed up` };
}

function lagText(state: PageState): string {
  const since = [...state.databases.values()].flatMap(({ behindSinceMs }) => behindSinceMs ?? []);
  if (since.length === 0) return 'nothing left to ship';
  return `largest lag ${durationText(state.lagSeconds(Math.min(...since)))}`;
}
