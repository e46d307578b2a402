import { Worker } from 'node:worker_threads';
import type { DecodedRun, EncodedRun, PageRun, ThreadRun } from '../kernels.ts';
import { hashedBytesOf } from '../limits.ts';
import type { ThreadJob, ThreadMessage, ThreadReply } from './thread-message.ts';

/** One being worked on, one waiting, one being filled or written. */
const runsPerThread = 3;

export interface KernelThreadOptions {
  readonly program: URL;
  readonly openRun: (pageSize: number, capacity: number) => PageRun;
  /** After a workspace came back. */
  readonly onGivenBack: () => void;
  /** After the thread ended, whether it was told to or not. */
  readonly onEnd: () => void;
}

interface OwnRun {
  readonly id: number;
  readonly run: PageRun;
}

type Answer = Extract<ThreadReply, { kind: 'done' }> | undefined;

/** One thread and its workspaces. It keeps the process alive only while it has something to do. */
export class KernelThread {
  readonly #options: KernelThreadOptions;
  readonly #worker: Worker;
  readonly #free: OwnRun[] = [];
  /** Who waits for an answer, in the order of the jobs. */
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #lentCount = 0;
  #nextId = 0;
  #hasEnded = false;

  /** Throws where no thread can be started. */
  constructor(options: KernelThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.program, {
      name: 'kernels',
      execArgv: [],
      env: {},
      trackUnmanagedFds: false,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.unref();
    this.#worker.once('online', () => this.#letGo()); // coming up, it counts as something to wait for again
    this.#worker.on('message', (reply: ThreadReply) => this.#take(reply));
    this.#worker.on('error', () => {}); // its end follows
    this.#worker.on('exit', () => this.#ended());
  }

  get lentCount(): number {
    return this.#lentCount;
  }

  get hasRoom(): boolean {
    return !this.#hasEnded && this.#lentCount < runsPerThread;
  }

  /** Only while it has room. */
  borrow(pageSize: number, capacity: number): ThreadRun {
    const own = this.#takeFree(pageSize, capacity) ?? this.#open(pageSize, capacity);
    this.#lentCount++;
    return {
      run: own.run,
      encode: (pageCount, register) => this.#encode(own, pageCount, register),
      decode: (frameBytes, register) => this.#decode(own, frameBytes, register),
      giveBack: () => {
        this.#lentCount--;
        this.#free.push(own);
        this.#options.onGivenBack();
      },
    };
  }

  /** Ends it at once. What it was working on is left to the callers. */
  end(): void {
    void this.#worker.terminate();
  }

  async #encode({ id }: OwnRun, pageCount: number, register: bigint): Promise<EncodedRun | undefined> {
    const answer = await this.#ask({ kind: 'encode', id, size: pageCount, register });
    return answer && { frameBytes: answer.size, register: answer.register };
  }

  async #decode({ id, run }: OwnRun, frameBytes: number, register: bigint): Promise<DecodedRun | undefined> {
    const answer = await this.#ask({ kind: 'decode', id, size: frameBytes, register });
    if (answer === undefined) return undefined;
    const { size: pageCount, register: after } = answer;
    return { pageCount, register: after, hashedBytes: hashedBytesOf(pageCount, run.pageSize) };
  }

  #takeFree(pageSize: number, capacity: number): OwnRun | undefined {
    const at = this.#free.findIndex(({ run }) => run.pageSize === pageSize && run.capacity === capacity);
    return at === -1 ? undefined : this.#free.splice(at, 1)[0];
  }

  /** Another size takes the place of what lies idle. */
  #open(pageSize: number, capacity: number): OwnRun {
    while (this.#free.length + this.#lentCount >= runsPerThread)
      this.#post({ kind: 'detach', id: this.#free.pop()!.id });
    const own = { id: this.#nextId++, run: this.#options.openRun(pageSize, capacity) };
    this.#post({ kind: 'attach', id: own.id, share: own.run.share });
    return own;
  }

  #ask(job: ThreadJob): Promise<Answer> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.ref();
      this.#post(job);
    });
  }

  #post(message: ThreadMessage): void {
    this.#worker.postMessage(message);
  }

  #take(reply: ThreadReply): void {
    const resolve = this.#waiting.shift();
    this.#letGo();
    resolve?.(reply.kind === 'done' ? reply : undefined);
  }

  #letGo(): void {
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #ended(): void {
    this.#hasEnded = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    this.#options.onEnd();
  }
}
