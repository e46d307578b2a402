/** How soon to look again at files that are still where they were; where events tell of their going, only to be sure. */
const placeMs = 100;
const calmPlaceMs = 5_000;

/** Decides when to look whether the database's names still lead to the files that are attached. */
export class PlaceSchedule {
  #dueMs = 0;

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  /** An event tells that a file may have gone. */
  noteMoved(): void {
    this.#dueMs = 0;
  }

  /** `isCalm`: events come. */
  noteInPlace(nowMs: number, isCalm: boolean): void {
    this.#dueMs = nowMs + (isCalm ? calmPlaceMs : placeMs);
  }
}
