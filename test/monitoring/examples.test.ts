import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { metricNames } from '../../src/monitoring/metrics-text.ts';
import { projectRoot } from '../support/project-root.ts';

const folder = join(projectRoot, 'examples/monitoring');

/** The metrics of ours in an expression; a part of a histogram by the histogram's name. */
function namesIn(expression: string): string[] {
  const found = [...expression.matchAll(/\blitestream_\w+/g)].map(([name]) => name);
  return found.map((name) => (metricNames.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, '')));
}

test('every metric that the alert rules name exists', () => {
  const { groups } = parse(readFileSync(join(folder, 'alerts.yml'), 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length >= 10);
  for (const { alert, expr, annotations } of rules) {
    const names = namesIn(expr);
    assert.ok(names.length > 0, alert);
    for (const name of names) assert.ok(metricNames.includes(name), `${alert}: ${name}`);
    assert.ok(annotations.summary.length > 0, alert);
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
});

test('every metric that the dashboard names exists, and every metric of ours is on it', () => {
  const dashboard = JSON.parse(readFileSync(join(folder, 'grafana-dashboard.json'), 'utf8')) as {
    panels: { id: number; title: string; targets: { expr: string }[]; gridPos: { x: number; w: number } }[];
  };
  const shown = new Set<string>();
  for (const { title, targets, gridPos } of dashboard.panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (const { expr } of targets) {
      for (const name of namesIn(expr)) {
        assert.ok(metricNames.includes(name), `${title}: ${name}`);
        shown.add(name);
      }
    }
  }
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  const left = metricNames.filter((name) => !shown.has(name));
  assert.deepEqual(left, ['litestream_replica_txid', 'litestream_verified_age_seconds']);
});
