/** What may take long: to restore a database or read it as a whole, to merge files, to send one to a replica. */
export type LongAct = 'restore' | 'read' | 'snapshot' | 'compaction' | 'upload';

/** How far it is. Plain data. */
export interface WorkStatus {
  readonly act: LongAct;
  /** Undefined for what is done with local files alone. */
  readonly replica: string | undefined;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly elapsedMs: number;
}

/** A file below this size is not worth telling how far it is. */
export const longBytes = 1 << 20;

/** What is under way for one database and may take long. How far it is, is told to nobody: who wants to know asks. */
export class LongWork {
  readonly #steps = new Set<LongStep>();
  readonly #onChange: (isUnderWay: boolean) => void;

  /** `onChange` is called when the first of several steps begins and when the last one has ended. */
  constructor(onChange: (isUnderWay: boolean) => void = () => {}) {
    this.#onChange = onChange;
  }

  /** To be disposed of at its end, whatever that is. */
  begin(act: LongAct, totalBytes: number, replica?: string): LongStep {
    const step = new LongStep({ act, replica }, totalBytes, () => this.#end(step));
    this.#steps.add(step);
    if (this.#steps.size === 1) this.#onChange(true);
    return step;
  }

  status(): WorkStatus[] {
    return [...this.#steps].map((step) => step.status());
  }

  #end(step: LongStep): void {
    if (this.#steps.delete(step) && this.#steps.size === 0) this.#onChange(false);
  }
}

/** One thing that is under way. */
export class LongStep implements Disposable {
  readonly #what: Pick<WorkStatus, 'act' | 'replica'>;
  readonly #end: () => void;
  readonly #startedMs = performance.now();
  #doneBytes = 0;
  #totalBytes: number;

  constructor(what: Pick<WorkStatus, 'act' | 'replica'>, totalBytes: number, end: () => void) {
    this.#what = what;
    this.#totalBytes = totalBytes;
    this.#end = end;
  }

  /** Costs two assignments. */
  report(doneBytes: number, totalBytes: number = this.#totalBytes): void {
    this.#doneBytes = doneBytes;
    this.#totalBytes = totalBytes;
  }

  status(): WorkStatus {
    const elapsedMs = performance.now() - this.#startedMs;
    return { ...this.#what, doneBytes: this.#doneBytes, totalBytes: this.#totalBytes, elapsedMs };
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}
