import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationBounds, type TrafficCount } from '../../../src/replica/traffic-count.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { TrafficReport, trafficSince } from '../../../src/service/store/traffic-report.ts';
import { recordingLogger } from '../recording-logger.ts';

function count(operation: string, requests: number, bytesSent = 0): TrafficCount {
  const took = { seconds: 0, durations: durationBounds.map(() => 0) };
  return { replicaType: 's3', operation, requests, errors: 0, errorCodes: {}, bytesSent, bytesReceived: 0, ...took };
}

test('trafficSince leaves out what was not asked, and begins anew after a process broke down', () => {
  const before = [count('PUT', 10, 1_000), count('LIST', 2)];
  assert.deepEqual(trafficSince(before, [count('PUT', 13, 1_500), count('LIST', 2)]), [count('PUT', 3, 500)]);
  assert.deepEqual(trafficSince(before, [count('PUT', 4, 300)]), [count('PUT', 4, 300)]);
});

test('TrafficReport says what was asked in an hour, and nothing of an hour without a request', async () => {
  const { logger, lines } = recordingLogger();
  const stop = new AbortController();
  const hours = [[count('PUT', 5, 700)], [count('PUT', 5, 700)], [count('PUT', 6, 800), count('GET', 1)]];
  const waits: number[] = [];
  const clock: Clock = {
    ...systemClock,
    async sleep(ms) {
      waits.push(ms);
      if (hours.length === 0) stop.abort();
    },
  };
  await new TrafficReport(async () => hours.shift() ?? [], { clock, logger }).run(stop.signal);
  assert.deepEqual(new Set(waits), new Set([3_600_000]));
  assert.deepEqual(
    lines.map(({ level, message, fields }) => ({ level, message, fields })),
    [
      { put: 5, putBytesSent: 700 },
      { put: 1, putBytesSent: 100, get: 1 },
    ].map((fields) => ({
      level: 'info',
      message: 'requests to stores in the last hour',
      fields: { replicaType: 's3', ...fields },
    })),
  );
});
