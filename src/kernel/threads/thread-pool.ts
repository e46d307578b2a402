import type { KernelThreads, PageRun, ThreadRun } from '../kernels.ts';
import { KernelThread } from './kernel-thread.ts';

const defaultLeastBytes = 32 << 20;
/** Threads without work for so long are ended. */
const defaultIdleMs = 1_000;

export interface ThreadPoolOptions {
  readonly threadCount: number;
  readonly openRun: (pageSize: number, capacity: number) => PageRun;
  readonly leastBytes?: number | undefined;
  readonly idleMs?: number | undefined;
  /** What a thread runs. Tests hand in one that fails. */
  readonly program?: URL | undefined;
}

/**
 * The kernel threads of a process: started by the first work for them, ended after the last. Work on workspaces can be
 * done in place as well, so whatever goes wrong with a thread costs time only; after that none is started again.
 */
export class ThreadPool implements KernelThreads {
  readonly #options: ThreadPoolOptions;
  #threads: KernelThread[] = [];
  #idle: NodeJS.Timeout | undefined;
  #isGivenUp = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  get leastBytes(): number {
    return this.#options.leastBytes ?? defaultLeastBytes;
  }

  /** How many there are at this moment. */
  get threadCount(): number {
    return this.#threads.length;
  }

  borrow(pageSize: number, capacity: number): ThreadRun | undefined {
    if (this.#threads.length === 0) this.#start();
    const [thread] = this.#threads.filter(({ hasRoom }) => hasRoom).sort((a, b) => a.lentCount - b.lentCount);
    const borrowed = thread?.borrow(pageSize, capacity);
    this.#watchIdleness();
    return borrowed;
  }

  #start(): void {
    if (this.#isGivenUp) return;
    const { program = new URL('./thread-main.js', import.meta.url), openRun, threadCount } = this.#options;
    const onGivenBack = () => this.#watchIdleness();
    try {
      while (this.#threads.length < threadCount) {
        const thread: KernelThread = new KernelThread({
          program,
          openRun,
          onGivenBack,
          onEnd: () => this.#ended(thread),
        });
        this.#threads.push(thread);
      }
    } catch {
      this.#isGivenUp = true; // such as a process that may not start threads, or no more of them
    }
  }

  #watchIdleness(): void {
    clearTimeout(this.#idle);
    if (this.#threads.some(({ lentCount }) => lentCount > 0)) return;
    this.#idle = setTimeout(() => this.#end(), this.#options.idleMs ?? defaultIdleMs).unref();
  }

  #end(): void {
    const threads = this.#threads;
    this.#threads = [];
    for (const thread of threads) thread.end();
  }

  #ended(thread: KernelThread): void {
    if (!this.#threads.includes(thread)) return;
    this.#isGivenUp = true;
    this.#threads = this.#threads.filter((other) => other !== thread);
  }
}
