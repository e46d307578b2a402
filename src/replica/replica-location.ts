import { join } from 'node:path';
import { type S3Location, s3Url } from './s3/s3-location.ts';

/** A directory. */
export interface FileLocation {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
}

/**
 * Where a replica lies and how it is opened. Plain data, so that it can be sent to another process. May hold secrets: what
 * people see of it is its `locationUrl`.
 */
export type ReplicaLocation = FileLocation | S3Location;

/** How a location is named in messages, without secrets. No two places have one name. */
export function locationUrl(location: ReplicaLocation): string {
  return location.type === 's3' ? s3Url(location) : `file://${location.path}`;
}

/** The location with a relative path added to its own. */
export function locationBelow(location: ReplicaLocation, below: string): ReplicaLocation {
  if (location.type === 'file') return { ...location, path: join(location.path, below) };
  return { ...location, path: location.path === '' ? below : `${location.path}/${below}` };
}
