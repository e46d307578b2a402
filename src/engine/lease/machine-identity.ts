import { readFile } from 'node:fs/promises';

/**
 * Which boot of which machine this is; undefined where the kernel does not tell. The boot id alone names both, and is the
 * same for all containers of a machine; the machine id, which a container often lacks, tells them apart on top.
 */
export async function readMachineIdentity(): Promise<string | undefined> {
  const bootId = await readLine('/proc/sys/kernel/random/boot_id');
  return bootId === '' ? undefined : `${await readLine('/etc/machine-id')}/${bootId}`;
}

/** Empty when there is no such file. */
async function readLine(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return '';
  }
}
