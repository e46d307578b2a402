import { request } from 'node:http';
import { systemErrorCode } from '../runtime/typed-error.ts';
import { ControlError } from './control-error.ts';
import type { ErrorAnswer } from './control-messages.ts';

/** More than the time that is given to the work: the answer that it was not enough has to arrive too. */
const graceMs = 2_000;

export interface ControlRequest {
  readonly socketPath: string;
  /** Such as `GET /info`. */
  readonly route: string;
  readonly body?: object | undefined;
  readonly timeoutMs: number;
}

/** Asks a running process. Throws ControlError. */
export async function askControl<Answer>(asked: ControlRequest): Promise<Answer> {
  const { status, text } = await send(asked);
  const answer = parsed(text);
  if (status === 200 && answer !== undefined) return answer as Answer;
  const { error, details } = (answer ?? {}) as Partial<ErrorAnswer>;
  const state = error ?? `it answered ${status}: ${text.slice(0, 200).trim()}`;
  throw new ControlError('refused', state, { hint: typeof details === 'string' ? details : undefined });
}

function send({ socketPath, route, body, timeoutMs }: ControlRequest): Promise<{ status: number; text: string }> {
  const [method, path] = route.split(' ') as [string, string];
  const content = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs + graceMs);
    const fail = (error: Error) => reject(failure(error, socketPath, signal.aborted ? timeoutMs + graceMs : undefined));
    const headers = content === undefined ? {} : { 'content-type': 'application/json' };
    const asking = request({ socketPath, method, path, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', fail);
    });
    asking.on('error', fail);
    asking.end(content);
  });
}

function failure(cause: Error, socketPath: string, waitedMs: number | undefined): ControlError {
  if (waitedMs !== undefined) {
    const state = `Cannot wait any longer for the process at ${socketPath}: no answer within ${waitedMs / 1000} s`;
    return new ControlError('timeout', state, { cause, hint: 'give it more time with -timeout' });
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such socket',
    ECONNREFUSED: 'nobody listens there',
    EACCES: 'it may not be used by this user',
  };
  const reason = reasons[systemErrorCode(cause) ?? ''] ?? cause.message;
  return new ControlError('unreachable', `Cannot reach the running process at ${socketPath}: ${reason}`, {
    cause,
    hint: 'start litestream replicate with socket.enabled in its config file, and name its socket.path with -socket',
  });
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
