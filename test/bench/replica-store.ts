import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { S3Server } from '../support/s3-server.ts';

export type StoreKind = 'directory' | 's3';

/** A replica as a program is told of it, and as files. */
export interface ReplicaPlace {
  readonly url: string;
  /** What a program needs in its environment to get there. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where its files lie on this machine. */
  readonly path: string;
}

/** Holds replicas, in a directory or behind an S3 server of its own on this machine. */
export class ReplicaStore implements AsyncDisposable {
  readonly #folder: string;
  readonly #server: S3Server | undefined;

  static async open(kind: StoreKind, folder: string): Promise<ReplicaStore> {
    return new ReplicaStore(folder, kind === 's3' ? await S3Server.start() : undefined);
  }

  private constructor(folder: string, server: S3Server | undefined) {
    this.#folder = folder;
    this.#server = server;
  }

  place(name: string): ReplicaPlace {
    if (this.#server === undefined) return directoryPlace(join(this.#folder, name));
    const { bucketFolder, environment } = this.#server;
    return { url: this.#server.url(name), environment, path: join(bucketFolder, name) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/** A directory as a replica. */
export function directoryPlace(path: string): ReplicaPlace {
  return { url: pathToFileURL(path).href, environment: {}, path };
}
