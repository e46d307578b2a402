import { type Span, type Zoom, zooms } from '../presentation/timeline-scale.ts';
import { timeText } from '../presentation/words.ts';

export interface MomentControlsProps {
  readonly range: Span;
  readonly span: Span;
  readonly zoom: Zoom;
  /** Undefined: the newest state. */
  readonly momentMs: number | undefined;
  readonly onZoom: (zoom: Zoom) => void;
  readonly onMoment: (momentMs: number | undefined) => void;
}

/** Chooses a moment without a pointer: a slider, a field for an exact time, and the newest state. */
export function MomentControls({ range, span, zoom, momentMs, onZoom, onMoment }: MomentControlsProps) {
  const shownMs = momentMs ?? range.toMs;
  return (
    <div class="moment-controls">
      <div class="line">
        <label>
          Moment{' '}
          <input
            type="datetime-local"
            step="1"
            value={localText(shownMs)}
            min={localText(Math.floor(range.fromMs / 1000) * 1000)}
            max={localText(range.toMs)}
            onChange={({ currentTarget }) => {
              const timeMs = new Date(currentTarget.value).getTime();
              if (Number.isFinite(timeMs)) onMoment(timeMs + 999);
            }}
          />
        </label>
        <button type="button" disabled={momentMs === undefined} onClick={() => onMoment(undefined)}>
          Newest
        </button>
        <label>
          Show{' '}
          <select value={zoom} onChange={({ currentTarget }) => onZoom(currentTarget.value as Zoom)}>
            {Object.entries(zooms).map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
        </label>
      </div>
      <input
        class="slider"
        type="range"
        aria-label="Moment"
        aria-valuetext={timeText(shownMs)}
        min={span.fromMs}
        max={span.toMs}
        step={Math.max(1, Math.min(1_000, (span.toMs - span.fromMs) / 500))}
        value={shownMs}
        onInput={({ currentTarget }) => onMoment(Number(currentTarget.value))}
      />
    </div>
  );
}

/** The local time as the field wants it, down to the second. */
function localText(timeMs: number): string {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
