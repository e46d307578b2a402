import { statSync } from 'node:fs';
import { checkReplica } from '../check-replica.ts';
import { countFsyncs, fsyncTool } from '../fsync-calls.ts';
import { measuredRun } from '../measured-run.ts';
import { ownProgram, type Program } from '../program.ts';
import type { Promised } from '../promise.ts';
import { type ReplicaPlace, ReplicaStore, type StoreKind } from '../replica-store.ts';
import { sdkUploadSeconds } from '../sdk-upload-seconds.ts';
import { type Bench, type Measures, roundOf, type Workload } from '../workload.ts';
import { checksumShare, totalBytes, writtenFiles } from '../written-files.ts';

const alwaysPromised: readonly Promised[] = [
  { measure: 'replicaRatio', atMost: 0.86 },
  { measure: 'checksumFileShare', atLeast: 1 },
];

/** The first copy of a large database into a directory. */
export const snapshotWorkload: Workload = {
  name: 'snapshot-1gb',
  about:
    'replicate -once of a 1 GB database into an empty directory; replicaRatio is the size of its files to the database',
  promises: [
    { measure: 'wallSeconds', timesLess: 4, published: 12 },
    { measure: 'peakMegabytes', atMost: 160 },
    ...alwaysPromised,
    { measure: 'fileFsyncs', atLeast: 1, needs: fsyncTool },
    { measure: 'directoryFsyncs', atLeast: 1, needs: fsyncTool },
  ],
  inspect: (bench, programs) =>
    roundOf(programs, (program) =>
      withSource(bench, 'directory', ({ databasePath, folder, place }) =>
        countFsyncs(program, snapshotArguments(databasePath, place), { folder }),
      ),
    ),
  round: (bench, programs) => roundOf(programs, (program) => snapshot(bench, program, 'directory')),
};

/** The same into an object store, beside what the upload alone takes. */
export const snapshotS3Workload: Workload = {
  name: 'snapshot-1gb-s3',
  about:
    'the same into an S3 server on this machine; uploadRatio compares with a process that uploads the finished file with the AWS SDK and nothing else',
  promises: [
    { measure: 'wallSeconds', timesLess: 2.5, published: 11 },
    { measure: 'uploadRatio', atMost: 1.4 },
    { measure: 'peakMegabytes', below: 200 },
    ...alwaysPromised,
  ],
  round: (bench, programs) => roundOf(programs, (program) => snapshot(bench, program, 's3')),
};

function snapshot(bench: Bench, program: Program, kind: StoreKind): Promise<Measures> {
  return withSource(bench, kind, async ({ databasePath, folder, place }) => {
    const databaseBytes = statSync(databasePath).size;
    const run = { folder, environment: place.environment };
    const { cost } = await measuredRun(program, snapshotArguments(databasePath, place), run);
    const files = writtenFiles(place.path);
    const facts = { replicaRatio: totalBytes(files) / databaseBytes, checksumFileShare: checksumShare(files) };
    await checkReplica(program, databasePath, place, folder);
    if (kind === 'directory' || program !== ownProgram) return { ...cost, ...facts };
    const sdkSeconds = await sdkUploadSeconds(files[0]!.path, place, run);
    return { ...cost, ...facts, uploadRatio: cost.wallSeconds / sdkSeconds, sdkUploadSeconds: sdkSeconds };
  });
}

interface Source {
  readonly databasePath: string;
  readonly folder: string;
  /** Nothing is there yet. */
  readonly place: ReplicaPlace;
}

async function withSource<Result>(
  { workspace, size }: Bench,
  kind: StoreKind,
  use: (source: Source) => Promise<Result>,
): Promise<Result> {
  const folder = await workspace.folder();
  await using store = await ReplicaStore.open(kind, folder);
  try {
    const databasePath = await workspace.database(size.bulkMegabytes, folder);
    return await use({ databasePath, folder, place: store.place('replica') });
  } finally {
    await workspace.remove(folder);
  }
}

function snapshotArguments(databasePath: string, { url }: ReplicaPlace): string[] {
  return ['replicate', '-once', databasePath, url];
}
