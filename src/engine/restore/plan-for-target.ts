import type { LtxHeader } from '../../format/ltx/header.ts';
import type { LtxFileInfo } from '../../replica/replica-client.ts';
import { describeFile } from './describe-file.ts';
import { findMoment } from './moment.ts';
import { planRestore, type RestoreNotice, type RestorePlan } from './plan.ts';
import { ReachableStates } from './reachable-states.ts';
import type { RestoreTarget } from './restore-options.ts';
import { snapshotDoubt } from './snapshot-doubt.ts';

export interface PlanQuery {
  readonly target: RestoreTarget;
  readonly nowMs: number;
  readonly exact?: boolean | undefined;
}

/** A plan, and the time of its state where that had to be found out. */
export interface TargetPlan {
  readonly plan: RestorePlan;
  readonly timestampMs: number | undefined;
}

/** The cheapest plan for a target among listed files, without snapshots that belong to no lineage. */
export async function planForTarget(
  files: readonly LtxFileInfo[],
  query: PlanQuery,
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<TargetPlan> {
  const read = readingOnce(readHeader);
  const ignored = new Map<LtxFileInfo, RestoreNotice>();
  for (;;) {
    const usable = files.filter((file) => !ignored.has(file));
    const { plan, timestampMs } = await planAmong(ReachableStates.of(usable), query, read);
    const first = plan.files[0]!;
    const doubt = await snapshotDoubt(first, usable, read);
    if (doubt === undefined) return { plan: { ...plan, notices: [...plan.notices, ...ignored.values()] }, timestampMs };
    ignored.set(first, { code: 'snapshot-ignored', message: `${describeFile(first)} is left out: ${doubt}` });
  }
}

async function planAmong(
  states: ReachableStates,
  { target, nowMs, exact }: PlanQuery,
  readHeader: (file: LtxFileInfo) => Promise<LtxHeader>,
): Promise<TargetPlan> {
  if (target.kind !== 'moment') {
    const txid = target.kind === 'newest' ? 'newest' : target.txid;
    return { plan: planRestore(states, txid, { exact }), timestampMs: undefined };
  }
  const query = { momentMs: target.timestampMs, nowMs, exact };
  const state = await findMoment(states, query, async (file) => (await readHeader(file)).timestampMs);
  return { plan: { ...planRestore(states, state.txid), notices: state.notices }, timestampMs: state.timestampMs };
}

function readingOnce(readHeader: (file: LtxFileInfo) => Promise<LtxHeader>): (file: LtxFileInfo) => Promise<LtxHeader> {
  const known = new Map<LtxFileInfo, LtxHeader>();
  return async (file) => {
    const header = known.get(file) ?? (await readHeader(file));
    known.set(file, header);
    return header;
  };
}
