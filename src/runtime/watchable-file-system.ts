import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** File systems on which others than this machine's kernel make changes, by their numbers in statfs(2). */
const remoteTypes: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xfe534d42, // SMB 2
  0xff534d42, // CIFS
  0x65735546, // FUSE
  0x01021997, // 9p
  0x00c36400, // Ceph
  0x0bd00bd0, // Lustre
  0x01161970, // GFS2
  0x7461636f, // OCFS2
]);

/** Whether every change under a path is seen as a file-system event here; a path that is missing is its parent. */
export function isWatchable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    try {
      return isLocalType(statfsSync(at).type);
    } catch {
      if (dirname(at) === at) return true;
    }
  }
}

/** Whether a number of statfs(2) stands for a file system that only this machine changes. */
export function isLocalType(type: number): boolean {
  return !remoteTypes.has(type >>> 0);
}
