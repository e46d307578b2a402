/** What stores of a type usually give, in bytes a second. */
const usual: Readonly<Record<string, number>> = { file: 250e6, s3: 60e6 };
const beforeFirstByteSeconds = 0.3;

/** How fast restores were, by the type of the store. */
export class RestoreSpeed {
  readonly #measured = new Map<string, number>();

  /** Small restores tell of their start, not of their speed. */
  note(type: string, bytes: number, durationMs: number): void {
    if (bytes > 1e6 && durationMs > 0) this.#measured.set(type, (bytes * 1000) / durationMs);
  }

  estimate(type: string, bytes: number): { readonly seconds: number; readonly isMeasured: boolean } {
    const measured = this.#measured.get(type);
    const seconds = beforeFirstByteSeconds + bytes / (measured ?? usual[type] ?? usual.s3!);
    return { seconds: Math.round(seconds * 10) / 10, isMeasured: measured !== undefined };
  }
}
