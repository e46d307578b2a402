import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { LeaseRecord } from '../../src/replica/lease/lease-record.ts';
import type { LeaseStore } from '../../src/replica/lease/lease-store.ts';

/** Takes a lease away from its holder, as another host does that believes it dead, and keeps it for as long as it is asked to. */
export class Intruder {
  readonly #store: LeaseStore;

  constructor(store: LeaseStore) {
    this.#store = store;
  }

  async take(): Promise<void> {
    await this.#write('intruder', 1);
  }

  async giveBack(): Promise<void> {
    await this.#write('', 0);
  }

  async #write(owner: string, step: number): Promise<void> {
    for (let tries = 0; tries < 10; tries += 1) {
      const seen = await this.#store.read();
      assert.ok(seen !== undefined);
      const record: LeaseRecord = {
        ...seen.record,
        owner,
        generation: seen.record.generation + step,
        ttlMs: 600_000,
        nonce: randomBytes(16).toString('hex'),
      };
      if ((await this.#store.write(record, seen)).outcome === 'written') return;
    }
    throw new Error('Cannot take the lease: it is written all the time');
  }
}
