import { isPageSize } from './page-size.ts';

export const databaseHeaderBytes = 100;

/** What this program needs of the first 100 bytes of a database file. */
export interface DatabaseHeader {
  readonly pageSizeBytes: number;
  /** True when SQLite will open the database in WAL mode. */
  readonly isWal: boolean;
  /** Bytes at the end of each page that SQLite leaves alone. */
  readonly reservedBytes: number;
  readonly changeCounter: number;
  /** The size of the database in pages; undefined when an old version of SQLite wrote last and left it stale. */
  readonly pageCount: number | undefined;
  /** How many pages hold nothing. */
  readonly freePageCount: number;
}

export type DecodedDatabaseHeader =
  | { readonly state: 'valid'; readonly header: DatabaseHeader }
  /** No bytes: no database yet. */
  | { readonly state: 'empty' }
  /** Encrypted, cut short, or another kind of file. */
  | { readonly state: 'not-a-database' };

const magic = 'SQLite format 3\0';
const walVersion = 2;

/** Reads the first bytes of a database file, up to 100 of them. */
export function decodeDatabaseHeader(bytes: Uint8Array): DecodedDatabaseHeader {
  if (bytes.length === 0) return { state: 'empty' };
  if (bytes.length < databaseHeaderBytes || !hasMagic(bytes)) return { state: 'not-a-database' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, databaseHeaderBytes);
  const storedPageSize = view.getUint16(16);
  const pageSizeBytes = storedPageSize === 1 ? 65536 : storedPageSize;
  if (!isPageSize(pageSizeBytes)) return { state: 'not-a-database' };
  const changeCounter = view.getUint32(24);
  const pageCount = view.getUint32(28);
  const pageCountIsCurrent = pageCount !== 0 && view.getUint32(92) === changeCounter;
  return {
    state: 'valid',
    header: {
      pageSizeBytes,
      isWal: view.getUint8(19) === walVersion,
      reservedBytes: view.getUint8(20),
      changeCounter,
      pageCount: pageCountIsCurrent ? pageCount : undefined,
      freePageCount: view.getUint32(36),
    },
  };
}

function hasMagic(bytes: Uint8Array): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}
