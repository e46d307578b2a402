import type { DurableObserver } from '../../runtime/durable-step.ts';
import { processServices } from '../compose.ts';
import { RemoteLeases } from '../lease/remote-leases.ts';
import { ServiceError } from '../service-error.ts';
import { callShard } from './call-shard.ts';
import { channelLogger } from './channel-logger.ts';
import { recordOfError } from './error-record.ts';
import { Shard } from './shard.ts';
import type { FromShard, ShardSettings, ToShard } from './shard-protocol.ts';
import { shardServices } from './shard-services.ts';

/** The process of the store, seen from a shard's. */
export interface StoreChannel {
  /** What is sent after the channel closed is dropped. */
  send(message: FromShard): void;
  onMessage(listener: (message: ToShard) => void): void;
  onClose(listener: () => void): void;
}

export interface ShardProcessOptions {
  /** Told of every durable step; tests end the process there. */
  readonly observe?: DurableObserver | undefined;
}

/**
 * Serves one shard over a channel. Resolves when it was stopped, or, after last syncs, when the channel closed because the
 * process of the store is gone.
 */
export function serveShard(channel: StoreChannel, options: ShardProcessOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const served = new ServedShard(channel, options, resolve);
    channel.onMessage((message) => served.take(message));
    channel.onClose(() => void served.end().then(resolve, reject));
  });
}

class ServedShard {
  readonly #channel: StoreChannel;
  readonly #options: ShardProcessOptions;
  readonly #onStopped: () => void;
  readonly #calls = new Map<number, AbortController>();
  #shard: Shard | undefined;
  #leases: RemoteLeases | undefined;

  constructor(channel: StoreChannel, options: ShardProcessOptions, onStopped: () => void) {
    this.#channel = channel;
    this.#options = options;
    this.#onStopped = onStopped;
  }

  take(message: ToShard): void {
    if (message.kind === 'start') this.#start(message.settings);
    else if (message.kind === 'cancel') this.#calls.get(message.id)?.abort();
    else if (message.kind === 'lease') this.#leases?.take(message.message);
    else void this.#answer(message);
  }

  /** The channel has closed. */
  async end(): Promise<void> {
    this.#leases?.end();
    await this.#shard?.stop();
  }

  #start(settings: ShardSettings): void {
    const logger = channelLogger(settings.logLevel, (line) => this.#channel.send(line));
    const services = processServices({ logger, observe: this.#options.observe });
    this.#leases = new RemoteLeases((message) => this.#channel.send({ kind: 'lease', message }), services);
    this.#shard = new Shard(settings, shardServices(settings, services, this.#leases));
  }

  async #answer({ id, call }: Extract<ToShard, { kind: 'call' }>): Promise<void> {
    const controller = new AbortController();
    this.#calls.set(id, controller);
    try {
      if (this.#shard === undefined)
        throw new ServiceError('unavailable', `Cannot ${call.kind}: the shard has no settings`);
      const answer = await callShard(this.#shard, call, { signal: controller.signal });
      this.#channel.send({ kind: 'answer', id, answer });
      if (call.kind === 'stop') this.#onStopped();
    } catch (error) {
      this.#channel.send({ kind: 'failure', id, error: recordOfError(error) });
    } finally {
      this.#calls.delete(id);
    }
  }
}
