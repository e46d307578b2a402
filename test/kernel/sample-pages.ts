import { createHash } from 'node:crypto';

/** Bytes without any repetition, the same in every run. */
export function incompressible(sizeBytes: number, name = 'noise'): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 32) {
    const digest = createHash('sha256').update(`${name} ${at}`).digest();
    bytes.set(digest.subarray(0, Math.min(32, sizeBytes - at)), at);
  }
  return bytes;
}

/** A text that repeats every `period` bytes: its matches overlap themselves. */
export function periodic(sizeBytes: number, period: number): Uint8Array {
  const text = incompressible(period, `period ${period}`);
  return Uint8Array.from({ length: sizeBytes }, (_, at) => text[at % period]!);
}

/** Words and numbers, somewhat compressible, as in most databases. */
export function prose(sizeBytes: number): Uint8Array {
  const words = 'page frame commit salt checkpoint level order customer note amount'.split(' ');
  let text = '';
  for (let at = 0; text.length < sizeBytes; at++)
    text += `${words[(at * at + (at >> 3)) % words.length]} ${at * 7919} `;
  return Uint8Array.from(Buffer.from(text.slice(0, sizeBytes)));
}

/** Noise with one long repetition: a match far back and long runs of literals on both sides. */
export function farMatch(sizeBytes: number): Uint8Array {
  const bytes = incompressible(sizeBytes);
  const part = Math.floor(sizeBytes / 3);
  bytes.copyWithin(sizeBytes - part - 7, 0, part);
  return bytes;
}

/** One page of every kind. */
export function samplePages(sizeBytes: number): Uint8Array[] {
  const endless = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 255, 300].map((period) =>
    periodic(sizeBytes, period),
  );
  const lastByte = new Uint8Array(sizeBytes);
  if (sizeBytes > 0) lastByte[sizeBytes - 1] = 1;
  return [
    new Uint8Array(sizeBytes),
    lastByte,
    incompressible(sizeBytes),
    prose(sizeBytes),
    farMatch(sizeBytes),
    ...endless,
  ];
}

export const pageSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] as const;
