import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PlanView, TimelineFile } from '../page-messages.ts';
import { type Bar, barsOf, type Span, ticks } from '../presentation/timeline-scale.ts';
import { bytesText, clockText, countText, timeText, txidText } from '../presentation/words.ts';

const laneHeight = 22;
const axisHeight = 22;
const labelWidth = 76;
const snapshotLevel = 9;
const dayMs = 86_400_000;

export interface LevelTimelineProps {
  readonly files: readonly TimelineFile[];
  readonly span: Span;
  readonly momentMs: number;
  /** The files that would restore the moment. */
  readonly used: PlanView['files'];
  readonly onMoment: (momentMs: number) => void;
}

/** The levels as lanes over time, snapshots at the top. Pointing at a moment chooses it; the slider above does it by keys. */
export function LevelTimeline({ files, span, momentMs, used, onMoment }: LevelTimelineProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = Math.max(120, useWidth(box) - labelWidth);
  const lanes = useMemo(() => lanesOf(files), [files]);
  const usedNames = useMemo(() => new Set(used.map(nameOf)), [used]);
  const x = (timeMs: number) => ((timeMs - span.fromMs) / (span.toMs - span.fromMs)) * width;
  const height = lanes.length * laneHeight + axisHeight;
  const point = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    if (event.type === 'pointermove' && event.buttons === 0) return;
    const { left } = event.currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - left - labelWidth) / width));
    onMoment(span.fromMs + share * (span.toMs - span.fromMs));
  };
  return (
    <div class="timeline" ref={box}>
      <svg width={labelWidth + width} height={height} aria-hidden="true" onPointerDown={point} onPointerMove={point}>
        {lanes.map(({ level, files: own }, lane) => (
          <g key={level} transform={`translate(0 ${lane * laneHeight})`}>
            <text x={0} y={laneHeight / 2 + 4}>
              {levelName(level)}
            </text>
            <line class="lane" x1={labelWidth} x2={labelWidth + width} y1={laneHeight - 0.5} y2={laneHeight - 0.5} />
            {barsOf(own, span, width).map((bar) => (
              <rect
                key={bar.x}
                class={bar.files.some((file) => usedNames.has(nameOf(file))) ? 'bar used' : 'bar'}
                x={labelWidth + bar.x}
                y={4}
                width={bar.width}
                height={laneHeight - 9}
                rx={Math.min(2, bar.width / 2)}
              >
                <title>{barText(bar)}</title>
              </rect>
            ))}
          </g>
        ))}
        <g class="axis" transform={`translate(${labelWidth} ${lanes.length * laneHeight})`}>
          {ticks(span, Math.max(2, Math.floor(width / 110)), -new Date(span.toMs).getTimezoneOffset() * 60_000).map(
            (timeMs) => (
              <g key={timeMs} transform={`translate(${x(timeMs)} 0)`}>
                <line y1={0} y2={4} />
                <text y={16} text-anchor="middle">
                  {tickText(timeMs, span)}
                </text>
              </g>
            ),
          )}
        </g>
        <line
          class="moment"
          x1={labelWidth + x(momentMs)}
          x2={labelWidth + x(momentMs)}
          y1={0}
          y2={height - axisHeight + 4}
        />
      </svg>
    </div>
  );
}

function levelName(level: number): string {
  return level === snapshotLevel ? 'Snapshots' : `Level ${level}`;
}

function lanesOf(files: readonly TimelineFile[]): { readonly level: number; readonly files: TimelineFile[] }[] {
  const levels = new Map<number, TimelineFile[]>();
  for (const file of files) levels.set(file.level, [...(levels.get(file.level) ?? []), file]);
  return [...levels]
    .sort(([a], [b]) => b - a)
    .map(([level, own]) => ({ level, files: own.sort((a, b) => a.toMs - b.toMs) }));
}

function nameOf({ level, minTxid, maxTxid }: Pick<TimelineFile, 'level' | 'minTxid' | 'maxTxid'>): string {
  return `${level} ${minTxid} ${maxTxid}`;
}

function barText({ files }: Bar): string {
  const [first, last] = [files[0]!, files.at(-1)!];
  const bytes = bytesText(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const txids = `TXID ${txidText(first.minTxid)} to ${txidText(last.maxTxid)}`;
  return `${countText(files.length, 'file', 'files')}, ${txids}, ${bytes}, until ${timeText(last.toMs)}`;
}

function tickText(timeMs: number, span: Span): string {
  if (span.toMs - span.fromMs < dayMs) return clockText(timeMs);
  return new Date(timeMs).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const observer = new ResizeObserver(() => setWidth(target.clientWidth));
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
