import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
}

const contentTypes = {
  'index.html': 'text/html; charset=utf-8',
  'login.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

export type PageFileName = keyof typeof contentTypes;
export type PageFiles = Readonly<Record<PageFileName, PageFile>>;

/** The files that a browser loads, from the folder that the build put them into; its URL ends with a slash. */
export async function loadPageFiles(folder: URL): Promise<PageFiles> {
  const entries = Object.entries(contentTypes).map(async ([name, contentType]) => {
    const bytes = await readFile(new URL(name, folder));
    return [name, { contentType, bytes, gzipped: gzipSync(bytes) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as PageFiles;
}
