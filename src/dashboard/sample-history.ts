import type { History } from './page-messages.ts';

export const sampleIntervalMs = 5_000;
/** Ten minutes. */
export const sampleCount = 120;

/** What was sampled of one database at one time. */
export interface Sample {
  /** The bytes of its WAL that were copied since the start of its process. */
  readonly walBytes: number;
  readonly lagSeconds: number;
}

interface Series {
  readonly writeRates: Float32Array;
  readonly lagSeconds: Float32Array;
  walBytes: number;
  /** Whether anything in it is not 0. */
  isFlat: boolean;
}

/** The last ten minutes of every database: its write rate and its lag. */
export class SampleHistory {
  readonly #series = new Map<string, Series>();

  /** Takes in one sample of every database there is; gives back those values that are not 0. */
  add(samples: ReadonlyMap<string, Sample>, seconds: number): Record<string, [number, number]> {
    const values: Record<string, [number, number]> = {};
    for (const path of this.#series.keys()) if (!samples.has(path)) this.#series.delete(path);
    for (const [path, { walBytes, lagSeconds }] of samples) {
      const series = this.#series.get(path) ?? this.#begin(path, walBytes);
      // The count begins anew with the process of its shard.
      const written = walBytes < series.walBytes ? walBytes : walBytes - series.walBytes;
      series.walBytes = walBytes;
      const rate = seconds > 0 ? Math.round(written / seconds) : 0;
      push(series.writeRates, rate);
      push(series.lagSeconds, lagSeconds);
      if (rate === 0 && lagSeconds === 0) continue;
      series.isFlat = false;
      values[path] = [rate, lagSeconds];
    }
    return values;
  }

  /** Those of which there is anything to tell. */
  all(): Record<string, History> {
    const histories: Record<string, History> = {};
    for (const [path, { writeRates, lagSeconds, isFlat }] of this.#series) {
      if (!isFlat) histories[path] = { writeRates: [...writeRates], lagSeconds: [...lagSeconds].map(rounded) };
    }
    return histories;
  }

  #begin(path: string, walBytes: number): Series {
    const series = {
      writeRates: new Float32Array(sampleCount),
      lagSeconds: new Float32Array(sampleCount),
      walBytes,
      isFlat: true,
    };
    this.#series.set(path, series);
    return series;
  }
}

function push(values: Float32Array, value: number): void {
  values.copyWithin(0, 1);
  values[values.length - 1] = value;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
