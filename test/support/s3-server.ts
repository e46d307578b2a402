import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type S3Location, type S3Settings, s3Location } from '../../src/replica/s3/s3-location.ts';

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
  readonly #child: ChildProcess;
  readonly #folder: string;

  static async start(): Promise<S3Server> {
    const folder = await mkdtemp(join(tmpdir(), 's3-server-'));
    const port = await freePort();
    const words = [process.env.VERSITYGW ?? 'versitygw', '--quiet', '--port', `127.0.0.1:${port}`, 'posix', folder];
    const child = spawn('sh', ['-c', untilInputEnds, 'sh', ...words], {
      env: { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const server = new S3Server(child, folder, `http://127.0.0.1:${port}`);
    if (!(await answers(server.endpoint))) {
      await server[Symbol.asyncDispose]();
      throw new Error(`Cannot start versitygw: nothing answers at ${server.endpoint}. It said: ${said}`);
    }
    mkdirSync(server.bucketFolder);
    return server;
  }

  private constructor(child: ChildProcess, folder: string, endpoint: string) {
    this.#child = child;
    this.#folder = folder;
    this.endpoint = endpoint;
    this.bucketFolder = join(folder, this.bucket);
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
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port: no address');
  return address.port;
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
