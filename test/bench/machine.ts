import { arch, cpus, release, totalmem, type } from 'node:os';

const bytesPerMegabyte = 1e6;

/** What numbers depend on besides the programs. */
export interface Machine {
  readonly cpuCount: number;
  readonly cpuModel: string;
  readonly memoryMegabytes: number;
  readonly system: string;
  readonly node: string;
}

export function machineFacts(): Machine {
  return {
    cpuCount: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryMegabytes: Math.round(totalmem() / bytesPerMegabyte),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}
