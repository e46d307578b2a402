import { useState } from 'preact/hooks';
import { clockText, splitPath, timeText } from '../presentation/words.ts';
import type { PageState } from './page-state.ts';
import { useMedia } from './scroll.ts';

export interface EventListProps {
  readonly state: PageState;
  readonly onOpen: (path: string) => void;
}

/** What happened, as the log says, the newest first. */
export function EventList({ state, onOpen }: EventListProps) {
  const isNarrow = useMedia('(max-width: 720px)');
  const [worstOnly, setWorstOnly] = useState(false);
  const events = worstOnly ? state.events.filter(({ level }) => level !== 'info') : state.events;
  return (
    <details class="events" open={!isNarrow}>
      <summary>
        <h2>Events</h2>
      </summary>
      <label>
        <input
          type="checkbox"
          checked={worstOnly}
          onChange={({ currentTarget }) => setWorstOnly(currentTarget.checked)}
        />{' '}
        Warnings and errors only
      </label>
      <ol class="log" aria-label="Events" tabIndex={0}>
        {events.map(({ id, timeMs, level, message, db, replica, details }) => (
          <li key={id} class={level}>
            <time dateTime={new Date(timeMs).toISOString()} title={timeText(timeMs)}>
              {clockText(timeMs)}
            </time>{' '}
            <span class="level">{level}</span>{' '}
            {db !== undefined && (
              <button type="button" class="link" title={db} onClick={() => onOpen(db)}>
                {splitPath(db).file}
              </button>
            )}{' '}
            <span class="message">{message}</span>{' '}
            <span class="more">
              {replica !== undefined && `replica=${replica} `}
              {details}
            </span>
          </li>
        ))}
        {events.length === 0 && <li>Nothing yet</li>}
      </ol>
    </details>
  );
}
