import type { RefObject } from 'preact';
import { filters, type ListQuery, orders } from '../presentation/database-order.ts';
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
      <Choice name="Show" words={filters} value={query.filter} onChange={(filter) => onChange({ ...query, filter })} />
      <Choice name="Order" words={orders} value={query.order} onChange={(order) => onChange({ ...query, order })} />
      <output class="count">
        {shownCount === total
          ? countText(total, 'database', 'databases')
          : `${shownCount.toLocaleString()} of ${total.toLocaleString()}`}
      </output>
    </form>
  );
}

interface ChoiceProps<Value extends string> {
  readonly name: string;
  readonly words: Readonly<Record<Value, string>>;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

function Choice<Value extends string>({ name, words, value, onChange }: ChoiceProps<Value>) {
  return (
    <label>
      {name}{' '}
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}>
        {Object.entries<string>(words).map(([key, word]) => (
          <option key={key} value={key}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}
