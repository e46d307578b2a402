import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type ListQuery, listed } from '../presentation/database-order.ts';
import { useSelected } from './address.ts';
import { DatabaseDetails } from './database-details.tsx';
import { DatabaseGrid } from './database-grid.tsx';
import { EventList } from './event-list.tsx';
import { ListControls } from './list-controls.tsx';
import { type PageState, useChanges } from './page-state.ts';
import { RestoreList } from './restore-list.tsx';
import { StatusBanner } from './status-banner.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** The whole page: how all is, the list, one database in detail, what happens. */
export function App({ state }: { readonly state: PageState }) {
  const version = useChanges(state);
  const [selected, select] = useSelected();
  const [query, setQuery] = useState<ListQuery>({ search: '', order: 'trouble', filter: 'all' });
  const searchBox = useRef<HTMLInputElement>(null);
  const shown = useMemo(
    () => listed(state.databases.values(), query, (path) => state.writeRate(path)),
    [state, version, query],
  );
  const database = selected === undefined ? undefined : state.databases.get(selected);
  useShortCuts({ close: selected === undefined ? undefined : () => select(undefined), searchBox });
  return (
    <div class={selected === undefined ? 'page' : 'page with-details'}>
      <header class="top">
        <h1>
          <img src="icon.svg" width="24" height="24" alt="" /> Litestream
          {state.about && <span class="host"> on {state.about.hostname}</span>}
        </h1>
        <StatusBanner state={state} />
        <ThemeSwitch />
      </header>
      <main class="main">
        <section class="list" aria-label="Databases">
          <ListControls
            query={query}
            onChange={setQuery}
            searchBox={searchBox}
            shownCount={shown.length}
            state={state}
          />
          <DatabaseGrid state={state} databases={shown} selected={selected} onOpen={select} />
        </section>
        {selected !== undefined && (
          <DatabaseDetails
            key={selected}
            state={state}
            path={selected}
            database={database}
            onClose={() => select(undefined)}
          />
        )}
      </main>
      <footer class="bottom">
        <RestoreList state={state} />
        <EventList state={state} onOpen={select} />
      </footer>
    </div>
  );
}

interface ShortCuts {
  readonly close: (() => void) | undefined;
  readonly searchBox: RefObject<HTMLInputElement | null>;
}

/** Escape closes the details, and a slash goes to the search. */
function useShortCuts({ close, searchBox }: ShortCuts): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key === 'Escape') close?.();
      if (event.key !== '/' || isTyping || searchBox.current === null) return;
      event.preventDefault();
      searchBox.current.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [close, searchBox]);
}
