import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CallOptions } from '../../replica/replica-client.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LeaseDesk } from '../lease/lease-desk.ts';
import { ServedLeases } from '../lease/served-leases.ts';
import { ServiceError } from '../service-error.ts';
import { writeLine } from './channel-logger.ts';
import { errorOfRecord } from './error-record.ts';
import type { ShardHost } from './shard-host.ts';
import type {
  FromShard,
  ShardAnswer,
  ShardCall,
  ShardCallKind,
  ShardRequest,
  ShardSettings,
  ToShard,
} from './shard-protocol.ts';

/** The shipped program; the compiled file, which this one stands beside. */
export const shardProgram: URL = new URL('./shard-main.js', import.meta.url);

/** How long a shard may take to stop beyond the time it has for its last uploads. */
const stopGraceMs = 15_000;
/** What a process that breaks down says last is kept up to this length. */
const lastWordsLength = 4_000;

export interface ChildShardOptions {
  readonly settings: ShardSettings;
  readonly program: URL;
}

export interface ChildShardServices {
  readonly logger: Logger;
  /** What keeps the leases of its databases. */
  readonly leases: LeaseDesk;
  /** Called once, when the process has ended without having been stopped. */
  readonly onBreakdown: (end: ShardEnd) => void;
}

export interface ShardEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to its standard error. */
  readonly lastWords: string;
}

interface PendingCall {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A shard in a process of its own, which ends when this one does. */
export class ChildShard implements ShardHost {
  readonly #child: ChildProcess;
  readonly #shutdownMs: number;
  readonly #services: ChildShardServices;
  readonly #pending = new Map<number, PendingCall>();
  readonly #exited: Promise<void>;
  readonly #leases: ServedLeases;
  #lastId = 0;
  #lastWords = '';
  #hasExited = false;
  #isStopping = false;
  #exit: () => void = () => {};

  private constructor(child: ChildProcess, { settings }: ChildShardOptions, services: ChildShardServices) {
    this.#child = child;
    this.#shutdownMs = settings.shutdown.timeoutMs;
    this.#services = services;
    this.#leases = new ServedLeases(services.leases, (message) => this.#send({ kind: 'lease', message }));
    this.#exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  /** Nothing of the shard's is written to the console of this process. */
  static start(options: ChildShardOptions, services: ChildShardServices): ChildShard {
    const child = fork(fileURLToPath(options.program), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    const shard = new ChildShard(child, options, services);
    shard.#listen();
    shard.#send({ kind: 'start', settings: options.settings });
    return shard;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  call<Kind extends ShardCallKind>(
    kind: Kind,
    request: ShardRequest<Kind>,
    { signal }: CallOptions = {},
  ): Promise<ShardAnswer<Kind>> {
    if (this.#hasExited) return Promise.reject(shardEnded(kind));
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#lastId += 1;
    const id = this.#lastId;
    const settled = new AbortController();
    signal?.addEventListener('abort', () => this.#send({ kind: 'cancel', id }), { signal: settled.signal });
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ kind: 'call', id, call: { kind, ...request } as ShardCall });
    }).finally(() => settled.abort()) as Promise<ShardAnswer<Kind>>;
  }

  async stop({ signal }: CallOptions = {}): Promise<void> {
    this.#isStopping = true;
    const kill = () => this.#child.kill('SIGKILL');
    const limit = setTimeout(kill, this.#shutdownMs + stopGraceMs);
    signal?.addEventListener('abort', kill);
    if (signal?.aborted) kill();
    try {
      await this.call('stop', {}).catch(passEnded);
      await this.#exited;
    } finally {
      clearTimeout(limit);
      signal?.removeEventListener('abort', kill);
    }
  }

  #listen(): void {
    const child = this.#child;
    child.on('message', (message: FromShard) => this.#take(message));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-lastWordsLength);
    });
    child.on('error', (error) => {
      this.#lastWords += error.message;
      if (child.pid === undefined) this.#ended(null, null);
    });
    child.on('close', (exitCode, signal) => this.#ended(exitCode, signal));
  }

  #take(message: FromShard): void {
    if (message.kind === 'log') {
      writeLine(this.#services.logger, message);
      return;
    }
    if (message.kind === 'ended') return;
    if (message.kind === 'lease') {
      this.#leases.take(message.message);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'answer') pending?.resolve(message.answer);
    else pending?.reject(errorOfRecord(message.error));
  }

  #send(message: ToShard): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #ended(exitCode: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    for (const { reject } of this.#pending.values()) reject(shardEnded('answer'));
    this.#pending.clear();
    void this.#leases.end().then(this.#exit);
    const end = { exitCode, signal, lastWords: this.#lastWords.trim() };
    if (!this.#isStopping) this.#services.onBreakdown(end);
    else if (exitCode !== 0) {
      this.#services.logger.warn(
        'a process ended before its last syncs were done; they follow after the next start',
        end,
      );
    }
  }
}

export function shardEnded(act: string): ServiceError {
  return new ServiceError('shard-ended', `Cannot ${act}: the process of the shard has ended`, {
    hint: 'it is started again by itself',
  });
}

function passEnded(error: unknown): void {
  if (!(error instanceof ServiceError) || error.code !== 'shard-ended') throw error;
}
