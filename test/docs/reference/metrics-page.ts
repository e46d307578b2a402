import { litestreamMeasures, ownMeasures } from '../../../src/monitoring/measures.ts';
import { durationMetric } from '../../../src/monitoring/metrics-text.ts';
import { code, generatedBy, plain, table } from './markdown.ts';

/** docs/reference/metrics.md: every metric of ours. */
export function metricsPage(): string {
  return [
    generatedBy('src/monitoring/measures.ts'),
    '# Metrics',
    "Served at `/metrics` of `addr`, in Prometheus' text format, for all worker processes together. [monitoring.md](../monitoring.md) says how to switch it on, what readiness and the heartbeat are, and where a dashboard and alert rules lie. Beside these there are those of Node and of the main process, `process_*` and `nodejs_*`.",
    'Label `db` is the path of the database, `replica` the name of the replica, `replica_type` its type, `operation` one of GET, HEAD, LIST, PUT, DELETE.',
    "## Litestream's",
    metricsTable([...litestreamMeasures, durationMetric]),
    '## Ours',
    metricsTable(ownMeasures),
  ].join('\n\n');
}

interface DescribedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

function metricsTable(metrics: readonly DescribedMetric[]): string {
  const rows = metrics.map(({ name, type, help, labelNames }) => [
    code(name),
    type,
    labelNames.map(code).join(', '),
    plain(help),
  ]);
  return table(['metric', 'type', 'labels', 'what it says'], rows);
}
