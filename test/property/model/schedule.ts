import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noTxid, type Txid } from '../../../src/format/ltx/txid.ts';
import type { DumpReader } from '../../support/dump-reader.ts';
import { Random } from '../../support/random.ts';
import { Sidecar } from '../../support/sidecar.ts';
import { type ActionCounts, type ActionKind, checkpointMode, noActions } from './action-kind.ts';
import { Application } from './application.ts';
import { type DatabaseShape, describeShape, randomShape } from './database-shape.ts';
import { ModelFailure } from './model-failure.ts';
import { RecordedStates } from './recorded-states.ts';

export interface ScheduleOptions {
  readonly seed: number;
  readonly actionCount: { readonly least: number; readonly most: number };
  /** What happens while the sidecar runs, shuffled and dealt out again and again. */
  readonly runningKinds: readonly ActionKind[];
  /** Go before the sidecar's program: `--import` of a planted fault. */
  readonly nodeArguments?: readonly string[] | undefined;
  /** Ends the schedule early: another one has failed. */
  readonly signal?: AbortSignal | undefined;
}

const lostLine = /the position in the WAL is lost/;
const shipTimeoutMs = 15_000;
const dayMs = 86_400_000;

/** One database, one application, one sidecar, and some random actions; after each of them the replica must be right. */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #random: Random;
  readonly #shape: DatabaseShape;
  readonly #databasePath: string;
  readonly #replicas: readonly string[];
  readonly #application: Application;
  readonly #states: RecordedStates;
  readonly #counts = noActions();
  readonly #said: string[] = [];
  #deck: ActionKind[] = [];
  #sidecar: Sidecar | undefined;
  #clockOffsetMs = 0;

  private constructor(directory: string, dumps: DumpReader, options: ScheduleOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#shape = randomShape(this.#random);
    this.#databasePath = join(directory, 'app.db');
    this.#replicas = Array.from({ length: this.#shape.replicaCount }, (_, i) => join(directory, `replica-${i}`));
    this.#application = new Application(this.#databasePath, this.#shape, this.#random);
    this.#states = new RecordedStates(this.#replicas, join(directory, 'restored.db'), dumps);
  }

  /** Runs a whole schedule; resolves to how often each action happened. Throws ModelFailure with all there is to know. */
  static async run(dumps: DumpReader, options: ScheduleOptions): Promise<ActionCounts> {
    const directory = await mkdtemp(join(tmpdir(), 'litestream-model-'));
    const schedule = new Schedule(directory, dumps, options);
    let failed = false;
    try {
      await schedule.#run();
      return schedule.#counts;
    } catch (error) {
      failed = true;
      throw schedule.#explained(error as Error, directory);
    } finally {
      await schedule.#sidecar?.kill();
      await schedule.#application[Symbol.asyncDispose]();
      if (!failed || process.env.MODEL_KEEP === undefined) await rm(directory, { recursive: true, force: true });
    }
  }

  async #run(): Promise<void> {
    await this.#application.create();
    const { least, most } = this.#options.actionCount;
    const actionCount = this.#random.int(least, most);
    await this.#act('start');
    for (let i = 1; i < actionCount && !this.#options.signal?.aborted; i++) await this.#act(this.#choose());
    if (this.#sidecar === undefined) await this.#act('start');
    await this.#states.checkNewest();
  }

  #choose(): ActionKind {
    if (this.#sidecar === undefined) return this.#random.chance(0.55) ? 'change while away' : 'start';
    this.#deck = this.#deck.length > 0 ? this.#deck : this.#random.shuffled(this.#options.runningKinds);
    return this.#deck.pop()!;
  }

  async #act(kind: ActionKind): Promise<void> {
    this.#counts[kind] += 1;
    this.#said.push(kind);
    await this.#do(kind);
    if (this.#sidecar !== undefined) await this.#settle(this.#sidecar);
    await this.#states.checkRandom(this.#random);
  }

  async #do(kind: ActionKind): Promise<void> {
    const application = this.#application;
    const mode = checkpointMode(kind);
    if (mode !== undefined) return application.checkpoint(mode);
    if (kind === 'commit') return application.commit();
    if (kind === 'big commit') return application.bigCommit();
    if (kind === 'delete') return application.delete();
    if (kind === 'VACUUM') return application.writer.vacuum();
    if (kind === 'kill writer') return application.kill();
    if (kind === 'clock step') return this.#stepClock();
    if (kind === 'start') return this.#start();
    if (kind === 'kill sidecar') return this.#killSidecar();
    if (kind === 'stop') return this.#stop();
    this.#said.push(await application.changeAlone());
  }

  /** Waits for the replica to be up to date while the application is silent, and notes what this state is. */
  async #settle(sidecar: Sidecar): Promise<void> {
    const lost = sidecar.logged(lostLine).then((line): never => {
      throw new ModelFailure('position-lost', `the sidecar lost its place: ${line}`);
    });
    const isAsked = this.#random.chance(0.95);
    await Promise.race([isAsked ? this.#sync(sidecar) : this.#watch(sidecar), lost]);
    if (this.#random.chance(0.1)) await sleep(this.#random.int(50, 400));
  }

  async #sync(sidecar: Sidecar): Promise<void> {
    const txid = await sidecar.sync().catch((error: Error) => {
      throw new ModelFailure('not-shipped', `sync failed: ${error.message}`, { cause: error });
    });
    this.#states.record(txid, await this.#application.writer.digest());
    this.#said.push(`-> ${txid}`);
  }

  /** Nobody asks for anything: what was committed has to arrive by itself. */
  async #watch(sidecar: Sidecar): Promise<void> {
    const digest = await this.#application.writer.digest();
    let seen: Txid | undefined;
    for (const endMs = performance.now() + shipTimeoutMs; performance.now() < endMs; await sleep(10)) {
      const { replicas } = await sidecar.status();
      const [txid] = replicas.map((replica) => replica.txid ?? noTxid).sort((a, b) => Number(a - b));
      if (txid === undefined || txid === noTxid || txid === seen) continue;
      seen = txid;
      if (!(await this.#states.isRestored(txid, digest))) continue;
      this.#states.record(txid, digest);
      this.#said.push(`-> ${txid} by itself`);
      return;
    }
    throw new ModelFailure('not-shipped', `a commit was not shipped, the replica stays at TXID ${seen}`);
  }

  async #start(): Promise<void> {
    const busy = this.#random.chance(0.3) ? this.#application.commit() : undefined;
    this.#sidecar = await Sidecar.start(
      {
        ...this.#shape.sidecar,
        clockOffsetMs: this.#clockOffsetMs,
        databases: [{ path: this.#databasePath, replicas: this.#replicas }],
      },
      this.#options.nodeArguments,
    );
    if (this.#random.chance(0.3)) await this.#application.commit();
    await busy;
  }

  async #killSidecar(): Promise<void> {
    const moment = this.#random.pick(['at rest', 'after a commit', 'beside commits']);
    const writing = moment === 'at rest' ? undefined : this.#application.commit();
    if (moment === 'after a commit') await writing;
    if (moment === 'beside commits') await sleep(this.#random.int(0, 12));
    await this.#sidecar!.kill();
    await writing;
    this.#endSidecar();
  }

  async #stop(): Promise<void> {
    if (this.#random.chance(0.5)) await this.#application.commit();
    const end = await this.#sidecar!.stop();
    if (end.code !== 0) throw new ModelFailure('not-shipped', `the sidecar ended with ${end.signal ?? end.code}`);
    const digest = await this.#application.writer.digest();
    for (const replica of this.#replicas) await this.#states.recordNewest(replica, digest);
    this.#endSidecar();
  }

  #endSidecar(): void {
    this.#said.push(...this.#sidecar!.logs.map((line) => `    ${line}`));
    this.#sidecar = undefined;
  }

  async #stepClock(): Promise<void> {
    const sign = this.#random.chance(0.5) ? 1 : -1;
    this.#clockOffsetMs += sign * this.#random.pick([1, 700, 3_600_000, dayMs]) * this.#random.int(1, 9);
    await this.#sidecar?.stepClock(this.#clockOffsetMs);
  }

  #explained(error: Error, directory: string): Error {
    const { seed } = this.#options;
    const logs = this.#sidecar?.logs.map((line) => `    ${line}`) ?? [];
    const story = [...this.#said, ...logs].slice(-60).join('\n');
    const repeat = `MODEL_SEED=${seed} MODEL_SCHEDULES=1`;
    const text = `${error.message}\nrepeat with ${repeat}\n${describeShape(this.#shape)}\n${directory}\n${story}`;
    if (error instanceof ModelFailure) return new ModelFailure(error.kind, text, { cause: error.cause });
    return new Error(text, { cause: error });
  }
}
