import type { TrafficCount } from '../../replica/traffic-count.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { DatabaseWork } from '../shard/shard-protocol.ts';
import { TrafficReport } from './traffic-report.ts';
import { WorkReport } from './work-report.ts';

export interface ReportedStore {
  traffic(): Promise<readonly TrafficCount[]>;
  work(): Promise<readonly DatabaseWork[]>;
}

/** What a store says of itself from time to time, until the signal aborts. */
export async function runReports(
  store: ReportedStore,
  { saysProgress = true }: { readonly saysProgress?: boolean | undefined },
  services: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([
    new TrafficReport(() => store.traffic(), services).run(signal),
    saysProgress ? new WorkReport(() => store.work(), services).run(signal) : undefined,
  ]);
}
