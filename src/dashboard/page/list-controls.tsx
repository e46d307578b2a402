import type { RefObject } from 'preact';
import { type Filter, filters, type ListQuery, type Order, orders } from '../presentation/database-order.ts';
import { countText } from '../presentation/words.ts';
import type { PageState } from './page-state.ts';

export interface ListControlsProps {
  readonly query: ListQuery;
  readonly onChange: (query: ListQuery) => void;
  readonly searchBox: RefObject<HTMLInputElement | null>;
  readonly shownCount: number;
  readonly state: PageState;
}

/** Search, filter and order of the list. */
export function ListControls({ query, onChange, searchBox, shownCount, state }: ListControlsProps) {
  const total = state.databases.size;
  return (
    <form class="controls" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        <span class="hidden">Search databases</span>
        <input
          ref={searchBox}
          type="search"
          placeholder="Search (press /)"
          value={query.search}
          onInput={({ currentTarget }) => onChange({ ...query, search: currentTarget.value })}
        />
      </label>
      <label>
        Show{' '}
        <select
          value={query.filter}
          onChange={({ currentTarget }) => onChange({ ...query, filter: currentTarget.value as Filter })}
        >
          {Object.entries(filters).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label>
        Order{' '}
        <select
          value={query.order}
          onChange={({ currentTarget }) => onChange({ ...query, order: currentTarget.value as Order })}
        >
          {Object.entries(orders).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <output class="count">
        {shownCount === total
          ? countText(total, 'database', 'databases')
          : `${shownCount.toLocaleString()} of ${total.toLocaleString()}`}
      </output>
    </form>
  );
}
