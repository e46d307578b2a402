import type { ErrorView, PlanView, RestoreRequest, RestoreView, Timeline } from '../page-messages.ts';

/** What the server refused, and the way out where it knows one. */
export class ServerError extends Error {
  readonly hint: string | undefined;

  constructor({ error, hint }: ErrorView) {
    super(error);
    this.hint = hint;
  }
}

interface Place {
  readonly db: string;
  readonly replica: string;
}

/** `txid`: one that the replica is known to hold. */
export function fetchTimeline(place: Place, txid: string | undefined, signal: AbortSignal): Promise<Timeline> {
  const query = new URLSearchParams({ ...place });
  if (txid !== undefined) query.set('txid', txid);
  return ask<Timeline>(`api/timeline?${query}`, { signal });
}

/** `timestampMs` undefined: of the newest state. */
export function fetchPlan(place: Place, timestampMs: number | undefined, signal: AbortSignal): Promise<PlanView> {
  const query = new URLSearchParams({ ...place });
  if (timestampMs !== undefined) query.set('timestamp', String(Math.round(timestampMs)));
  return ask<PlanView>(`api/plan?${query}`, { signal });
}

export function startRestore(request: RestoreRequest): Promise<RestoreView> {
  return post<RestoreView>('api/restores', request);
}

export async function cancelRestore(id: number): Promise<void> {
  await post('api/restores/cancel', { id });
}

function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask<Answer>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function ask<Answer>(path: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(path, options);
  const answer: unknown = await response.json();
  if (!response.ok) throw new ServerError(answer as ErrorView);
  return answer as Answer;
}
