import type { TimelineFile } from '../page-messages.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What of the timeline is shown: everything, or its newest part. */
export const zooms = { all: 'Everything', day: '24 hours', hour: '1 hour', minutes: '10 minutes' } as const;
export type Zoom = keyof typeof zooms;

const zoomMs: Readonly<Record<Exclude<Zoom, 'all'>, number>> = { day: 86_400_000, hour: 3_600_000, minutes: 600_000 };
const leastSpanMs = 1_000;

export function visibleSpan({ fromMs, toMs }: Span, zoom: Zoom): Span {
  const start = zoom === 'all' ? fromMs : Math.max(fromMs, toMs - zoomMs[zoom]);
  return { fromMs: Math.min(start, toMs - leastSpanMs), toMs };
}

/** A run of files as it is drawn: one file, or several that are too narrow to tell apart. */
export interface Bar {
  readonly x: number;
  readonly width: number;
  readonly files: readonly TimelineFile[];
}

const leastWidth = 2;
const gap = 1;

/** The bars of a level, left to right: files whose bars would lie on each other share one. */
export function barsOf(files: readonly TimelineFile[], { fromMs, toMs }: Span, width: number): Bar[] {
  const scale = width / (toMs - fromMs);
  const bars: { x: number; width: number; files: TimelineFile[] }[] = [];
  for (const file of files) {
    if (file.toMs < fromMs) continue;
    const last = bars.at(-1);
    const taken = last === undefined ? 0 : last.x + last.width + gap;
    const x = Math.max(0, (file.fromMs - fromMs) * scale);
    const end = Math.min(width, (file.toMs - fromMs) * scale);
    const start = Math.min(Math.max(x, taken), width - leastWidth);
    const hasRoom = start >= taken && (x >= taken || end - gap >= taken + leastWidth);
    if (last === undefined || hasRoom) {
      bars.push({ x: start, width: Math.max(leastWidth, end - start - gap), files: [file] });
    } else last.files.push(file);
  }
  return bars;
}

const steps = [1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 604_800].map((seconds) => seconds * 1000);

/** Round times for the axis, few enough to be read; in the time zone that is `offsetMs` ahead of UTC. */
export function ticks({ fromMs, toMs }: Span, most: number, offsetMs: number): number[] {
  const step = steps.find((size) => (toMs - fromMs) / size <= most) ?? (toMs - fromMs) / most;
  const first = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs;
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / step) + 1) }, (_, i) => first + i * step);
}
