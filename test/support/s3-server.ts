import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type S3Location, type S3Settings, s3Location } from '../../src/replica/s3/s3-location.ts';
import { freePort } from './free-port.ts';

const accessKeyId = 'test-access-key';
const secretAccessKey = 'test-secret-key';
const startLimitMs = 20_000;
/** The server is killed by its id when this process ends, however it does. */
const untilInputEnds = '"$@" & cat > /dev/null; kill -9 $!';

/** A versitygw with one bucket, on a port of its own of this machine. `npm test` sees to the program. */
export class S3Server implements AsyncDisposable {
  readonly bucket = 'backup';
  /** The folder of the bucket: its objects are files. */
  readonly bucketFolder: string;
  readonly endpoint: string;
  readonly credentials = { accessKeyId, secretAccessKey };
  readonly #port: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  static async start(): Promise<S3Server> {
    const server = new S3Server(await mkdtemp(join(tmpdir(), 's3-server-')), await freePort());
    await server.run();
    mkdirSync(server.bucketFolder);
    return server;
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.bucketFolder = join(folder, this.bucket);
  }

  /** Runs it again after `stop`, with what it held, at the same address. */
  async run(): Promise<void> {
    const words = ['--quiet', '--port', `127.0.0.1:${this.#port}`, 'posix', this.#folder];
    const child = spawn('sh', ['-c', untilInputEnds, 'sh', process.env.VERSITYGW ?? 'versitygw', ...words], {
      env: { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    if (await answers(this.endpoint)) return;
    await this[Symbol.asyncDispose]();
    throw new Error(`Cannot start versitygw: nothing answers at ${this.endpoint}. It said: ${said}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const exited = once(child, 'exit');
    child.stdin?.end();
    await exited;
  }

  location(path: string, settings: S3Settings = {}): S3Location {
    return s3Location({ bucket: this.bucket, path, endpoint: this.endpoint, ...this.credentials, ...settings });
  }

  /** To be used with the environment of `environment`. */
  url(path: string): string {
    return `s3://${this.bucket}/${path}?endpoint=${this.endpoint}`;
  }

  get environment(): Record<string, string> {
    return { LITESTREAM_ACCESS_KEY_ID: accessKeyId, LITESTREAM_SECRET_ACCESS_KEY: secretAccessKey };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function answers(endpoint: string): Promise<boolean> {
  for (const untilMs = Date.now() + startLimitMs; Date.now() < untilMs; ) {
    try {
      await fetch(endpoint);
      return true;
    } catch {
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  return false;
}
