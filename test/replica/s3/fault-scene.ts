import type { S3ClientPoolOptions } from '../../../src/replica/s3/s3-client-pool.ts';
import type { S3Settings } from '../../../src/replica/s3/s3-location.ts';
import { S3ReplicaClient } from '../../../src/replica/s3/s3-replica-client.ts';
import type { StoreTraffic } from '../../../src/replica/store-traffic.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { type Fault, FaultServer } from '../../support/fault-s3/fault-server.ts';
import { failure } from '../../support/fault-s3/memory-s3.ts';
import { s3Services } from './s3-fixture.ts';

export const firstKey = 'db/0000/0000000000000001-0000000000000001.ltx';

/** Waits are over at once, and remembered. */
export class HurriedClock implements Clock {
  readonly waits: number[] = [];
  readonly now = systemClock.now;
  readonly monotonic = systemClock.monotonic;
  readonly after = systemClock.after;
  /** Called at each wait. */
  onWait: () => void = () => {};

  async sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.onWait();
  }
}

export interface FaultSceneOptions extends S3ClientPoolOptions {
  readonly settings?: S3Settings | undefined;
  readonly logger?: Logger | undefined;
}

/** A server with faults, and clients of the replica `db` in it, which do not wait between tries. */
export class FaultScene implements AsyncDisposable {
  readonly server: FaultServer;
  readonly clock = new HurriedClock();
  readonly client: S3ReplicaClient;
  readonly traffic: StoreTraffic;

  static async open(options: FaultSceneOptions = {}): Promise<FaultScene> {
    return new FaultScene(await FaultServer.start(), options);
  }

  private constructor(server: FaultServer, { settings, logger, ...pool }: FaultSceneOptions) {
    const services = s3Services(logger, pool);
    this.server = server;
    this.traffic = services.traffic;
    this.client = new S3ReplicaClient(server.location(settings), { ...services, clock: this.clock });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server[Symbol.asyncDispose]();
  }
}

/** An answer with an error of the store's. */
export function errorAnswer(status: number, code: string, after?: 'carried-out'): Extract<Fault, { kind: 'answer' }> {
  return { kind: 'answer', answer: failure(status, code), after };
}
