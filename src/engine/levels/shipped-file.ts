import type { LtxFileInfo } from '../../replica/replica-client.ts';
import type { FileFacts } from './level-files.ts';

/** A file that a replica holds from now on. */
export interface ShippedFile {
  readonly file: LtxFileInfo;
  readonly facts: FileFacts;
}
