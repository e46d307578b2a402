/** sdk-upload.js URL FILE: uploads a file beside a replica with the AWS SDK and its default settings; credentials as Litestream takes them. */
import { createReadStream } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

const [replica, path] = process.argv.slice(2) as [string, string];
const { host: bucket, pathname, searchParams } = new URL(replica);
const { LITESTREAM_ACCESS_KEY_ID: accessKeyId = '', LITESTREAM_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env;
const client = new S3Client({
  endpoint: searchParams.get('endpoint')!,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId, secretAccessKey },
});
const params = { Bucket: bucket, Key: `${pathname.slice(1)}-sdk`, Body: createReadStream(path) };
await new Upload({ client, params }).done();
client.destroy();
