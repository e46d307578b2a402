import { useRef, useState } from 'preact/hooks';
import type { DatabaseView } from '../page-messages.ts';
import { rowWindow, scrollTo } from '../presentation/row-window.ts';
import { bytesText, durationText, splitPath, txidText } from '../presentation/words.ts';
import { HealthMark } from './health-mark.tsx';
import type { PageState } from './page-state.ts';
import { useMedia, useScroll } from './scroll.ts';
import { Sparkline } from './sparkline.tsx';

const columns = ['State', 'Database', 'TXID', 'Lag', 'Writes', 'Lease', 'Size', 'WAL'] as const;
const rowHeights = { wide: 44, narrow: 76 };

export interface DatabaseGridProps {
  readonly state: PageState;
  readonly databases: readonly DatabaseView[];
  readonly selected: string | undefined;
  readonly onOpen: (path: string) => void;
}

/**
 * The list, of which only the rows in sight are drawn. It takes the focus as one; the arrow keys go through it and Enter
 * opens a database.
 */
export function DatabaseGrid({ state, databases, selected, onOpen }: DatabaseGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia('(max-width: 720px)');
  const rowHeight = isNarrow ? rowHeights.narrow : rowHeights.wide;
  const { scrollTop, height } = useScroll(scroller);
  const [activePath, setActivePath] = useState<string>();
  const activeRow = databases.findIndex(({ path }) => path === activePath);
  const { first, end } = rowWindow(scrollTop, height, rowHeight, databases.length);

  const goTo = (row: number) => {
    const target = databases[Math.max(0, Math.min(row, databases.length - 1))];
    if (target === undefined) return;
    setActivePath(target.path);
    const top = scrollTo(databases.indexOf(target), { scrollTop, height: height - rowHeight, rowHeight });
    if (top !== undefined) scroller.current?.scrollTo({ top });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: activeRow + 1,
      ArrowUp: Math.max(0, activeRow - 1),
      PageDown: activeRow + page,
      PageUp: activeRow - page,
      Home: 0,
      End: databases.length - 1,
    };
    const row = moves[event.key];
    if (row !== undefined) goTo(row);
    else if ((event.key === 'Enter' || event.key === ' ') && activePath !== undefined) onOpen(activePath);
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      class="grid"
      role="grid"
      aria-label="Databases, arrow keys and Enter"
      aria-rowcount={databases.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={activeRow >= first && activeRow < end ? `row-${activeRow}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={() => activeRow < 0 && goTo(first === 0 ? 0 : first)}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        {columns.map((name) => (
          <div key={name} role="columnheader" class={name.toLowerCase()}>
            {name}
          </div>
        ))}
      </div>
      <div class="rows" role="rowgroup" style={{ height: `${databases.length * rowHeight}px` }}>
        {databases.slice(first, end).map((database, i) => (
          <GridRow
            key={database.path}
            state={state}
            database={database}
            index={first + i}
            top={(first + i) * rowHeight}
            height={rowHeight}
            mark={[database.path === selected && 'selected', first + i === activeRow && 'active']}
            onOpen={() => {
              setActivePath(database.path);
              onOpen(database.path);
            }}
          />
        ))}
      </div>
      {databases.length === 0 && state.connection === 'live' && <p class="nothing">Nothing matches</p>}
    </div>
  );
}

interface GridRowProps {
  readonly state: PageState;
  readonly database: DatabaseView;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly mark: readonly (string | false)[];
  readonly onOpen: () => void;
}

function GridRow({ state, database, index, top, height, mark, onOpen }: GridRowProps) {
  const { path, health, state: word, reason, lease, behindSinceMs } = database;
  const { directory, file } = splitPath(path);
  const history = state.histories.get(path);
  const lag = state.lagSeconds(behindSinceMs);
  const isShipped = database.replicas.some(({ txid }) => txid !== undefined);
  return (
    <div
      id={`row-${index}`}
      class={['row', ...mark.filter(Boolean)].join(' ')}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={mark[0] !== false}
      style={{ top: `${top}px`, height: `${height}px` }}
      onClick={onOpen}
    >
      <div role="gridcell" class="state" title={reason ?? ''}>
        <HealthMark health={health} word={word} />
      </div>
      <div role="gridcell" class="database" title={path}>
        <span class="file">{file}</span> <span class="directory">{reason ?? directory}</span>
      </div>
      <div role="gridcell" class="txid">
        {txidText(database.txid)}
      </div>
      <div role="gridcell" class="lag">
        <Sparkline kind="lag" values={history?.lagSeconds} width={60} height={24} leastTop={5} />
        <span>{isShipped || lag > 0 ? durationText(lag) : '–'}</span>
      </div>
      <div role="gridcell" class="writes">
        <Sparkline kind="writes" values={history?.writeRates} width={60} height={24} leastTop={10_000} />
        <span>{bytesText(state.writeRate(path))}/s</span>
      </div>
      <div role="gridcell" class="lease" title={lease ?? ''}>
        {lease ?? '–'}
      </div>
      <div role="gridcell" class="size">
        {bytesText(database.sizeBytes)}
      </div>
      <div role="gridcell" class="wal">
        {bytesText(database.walBytes)}
      </div>
    </div>
  );
}
