import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { durationBounds } from '../replica/traffic-count.ts';
import { labelsOf, type Measure, type Measured, measures } from './measures.ts';

/** The one metric that is no single value. */
export const durationMetric = {
  name: 'litestream_replica_operation_duration_seconds',
  type: 'histogram',
  help: 'How long requests to stores took until the answer, without the body of a GET, by type and operation',
  labelNames: ['replica_type', 'operation'],
} as const;

const durationName = durationMetric.name;

/** The names of all metrics of ours, without those of Node and of the process. */
export const metricNames: readonly string[] = [...measures.map(({ name }) => name), durationName];

/** Writes what is measured in Prometheus' text format. */
export class MetricsText {
  readonly #registry = new Registry();
  #measured: Measured = { statuses: [], metrics: [], traffic: [], nowMs: 0 };

  constructor() {
    for (const measure of measures) this.#register(measure);
    // Durations are counted where requests are sent, in several processes: prom-client's own histogram takes single ones only.
    this.#registry.registerMetric({ name: durationName, get: async () => this.#durations() } as never);
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(measured: Measured): Promise<string> {
    this.#measured = measured;
    return this.#registry.metrics();
  }

  /** Values are set anew each time that they are asked for: what is gone must not stay. */
  #register({ type, name, help, labelNames, samples }: Measure): void {
    const options = { name, help, labelNames: [...labelNames], registers: [this.#registry] };
    const read = () => samples(this.#measured);
    if (type === 'gauge') {
      const gauge = new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.set(labels, value);
        },
      });
      void gauge;
    } else {
      const counter = new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      });
      void counter;
    }
  }

  #durations() {
    const values = this.#measured.traffic.flatMap((count) => {
      const labels = labelsOf(count);
      const done = count.durations;
      return [
        ...durationBounds.map((le, i) => ({
          labels: { ...labels, le },
          value: done[i]!,
          metricName: `${durationName}_bucket`,
        })),
        { labels: { ...labels, le: '+Inf' }, value: count.requests, metricName: `${durationName}_bucket` },
        { labels, value: count.seconds, metricName: `${durationName}_sum` },
        { labels, value: count.requests, metricName: `${durationName}_count` },
      ];
    });
    const { name, help, type } = durationMetric;
    return { name, help, type, values, aggregator: 'sum' };
  }
}
