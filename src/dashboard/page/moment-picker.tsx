import { useEffect, useState } from 'preact/hooks';
import type { PlanView, Timeline } from '../page-messages.ts';
import { type Span, visibleSpan, type Zoom } from '../presentation/timeline-scale.ts';
import { bytesText, countText } from '../presentation/words.ts';
import { LevelTimeline } from './level-timeline.tsx';
import { MomentControls } from './moment-controls.tsx';
import type { PageState } from './page-state.ts';
import { RestorePanel } from './restore-panel.tsx';
import { fetchPlan, fetchTimeline } from './server-calls.ts';

const settleMs = 150;

export interface MomentPickerProps {
  readonly state: PageState;
  readonly db: string;
  readonly replica: string;
  /** The newest TXID of the replica: when it changes, there is more to draw. */
  readonly txid: string | undefined;
}

/** The levels of a replica over time, a moment on them, and what would restore it. */
export function MomentPicker({ state, db, replica, txid }: MomentPickerProps) {
  const [timeline, timelineError] = useTimeline(db, replica, txid);
  const [momentMs, setMomentMs] = useState<number>();
  const [zoom, setZoom] = useState<Zoom>('all');
  const [plan, planError] = usePlan(db, replica, momentMs, timeline);
  if (timelineError !== undefined)
    return (
      <p class="error" role="alert">
        {timelineError}
      </p>
    );
  if (timeline === undefined) return <p>Reading what the replica holds</p>;
  const { range, files, totalBytes } = timeline;
  if (range === undefined) return <p>The replica holds no state that can be restored yet.</p>;
  const span: Span = visibleSpan(range, zoom);
  return (
    <section class="moments" aria-labelledby="moments-heading">
      <h3 id="moments-heading">Moments that can be restored</h3>
      <p>
        {countText(files.length, 'file', 'files')}, {bytesText(totalBytes)}
      </p>
      <MomentControls
        range={range}
        span={span}
        zoom={zoom}
        momentMs={momentMs}
        onZoom={setZoom}
        onMoment={setMomentMs}
      />
      <LevelTimeline
        files={files}
        span={span}
        momentMs={momentMs ?? range.toMs}
        used={plan?.files ?? []}
        onMoment={setMomentMs}
      />
      {planError !== undefined && (
        <p class="error" role="alert">
          {planError}
        </p>
      )}
      {plan !== undefined && <RestorePanel key={plan.txid} state={state} db={db} replica={replica} plan={plan} />}
    </section>
  );
}

function useTimeline(
  db: string,
  replica: string,
  txid: string | undefined,
): [Timeline | undefined, string | undefined] {
  const [result, setResult] = useState<[Timeline | undefined, string | undefined]>([undefined, undefined]);
  const [asked, setAsked] = useState({ txid, atMs: Date.now() });
  useEffect(() => {
    if (asked.txid === txid) return;
    const wait = Math.max(0, asked.atMs + (result[0]?.refreshMs ?? 0) - Date.now());
    const timer = setTimeout(() => setAsked({ txid, atMs: Date.now() }), wait);
    return () => clearTimeout(timer);
  }, [txid, asked, result]);
  useEffect(() => {
    const ended = new AbortController();
    fetchTimeline({ db, replica }, asked.txid, ended.signal).then(
      (timeline) => setResult([timeline, undefined]),
      (error: Error) => ended.signal.aborted || setResult([undefined, error.message]),
    );
    return () => ended.abort();
  }, [db, replica, asked]);
  return result;
}

/** Asks when the moment has stood still for a while; the newest state again whenever there is a newer one. */
function usePlan(
  db: string,
  replica: string,
  momentMs: number | undefined,
  timeline: Timeline | undefined,
): [PlanView | undefined, string | undefined] {
  const [result, setResult] = useState<[PlanView | undefined, string | undefined]>([undefined, undefined]);
  const newest = momentMs === undefined ? timeline : undefined;
  useEffect(() => {
    const ended = new AbortController();
    const timer = setTimeout(() => {
      fetchPlan({ db, replica }, momentMs, ended.signal).then(
        (plan) => setResult([plan, undefined]),
        (error: Error) => ended.signal.aborted || setResult([undefined, error.message]),
      );
    }, settleMs);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [db, replica, momentMs, newest]);
  return result;
}
