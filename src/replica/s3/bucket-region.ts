import type { S3 } from '@aws-sdk/client-s3';
import { s3Fault } from './s3-fault.ts';

/** Where AWS is asked first, and what stores of others are told. */
export const defaultRegion = 'us-east-1';

/** Asks AWS in which region a bucket is. Needs no permission: a refusal names the region too. Throws what the SDK throws. */
export async function findBucketRegion(s3: S3, bucket: string, abortSignal: AbortSignal | undefined): Promise<string> {
  try {
    const { BucketRegion } = await s3.headBucket({ Bucket: bucket }, abortSignal === undefined ? {} : { abortSignal });
    return BucketRegion ?? defaultRegion;
  } catch (error) {
    const { region } = s3Fault(error);
    if (region === undefined) throw error;
    return region;
  }
}
