import type { IncomingMessage } from 'node:http';

/** The body of a request; undefined when it is larger than `mostBytes`, of which no more is kept. */
export async function bodyText(request: IncomingMessage, mostBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= mostBytes) chunks.push(chunk);
  }
  return sizeBytes > mostBytes ? undefined : Buffer.concat(chunks).toString();
}
