import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the same on every Linux that Node runs on. */
const ticksPerSecond = 100;
const bytesPerKilobyte = 1024;

/** Reads what the kernel knows about a running process and everything below it. */
export class ProcessTree {
  readonly #rootPid: number;

  constructor(rootPid: number) {
    this.#rootPid = rootPid;
  }

  /** User and system time so far, also of children that ended and were waited for. */
  cpuSeconds(): number {
    return this.#sum((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
    });
  }

  /** The sum of the most memory that each process ever held: at least what they held together. */
  peakBytes(): number {
    return this.#sum((pid) => {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      return Number(kilobytes ?? 0) * bytesPerKilobyte;
    });
  }

  /** What its processes hold together, pages that they share counted once. */
  residentBytes(): number {
    return this.#sum((pid) => {
      const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
      return Number(kilobytes ?? 0) * bytesPerKilobyte;
    });
  }

  /** How many descriptors that process has that has most. */
  mostDescriptors(): number {
    return Math.max(...pidsBelow(this.#rootPid).map((pid) => readdirSync(`/proc/${pid}/fd`).length));
  }

  #sum(read: (pid: number) => number): number {
    return pidsBelow(this.#rootPid).reduce((sum, pid) => sum + read(pid), 0);
  }
}

function pidsBelow(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'))
    .flatMap((pids) => pids.split(' ').filter((word) => word !== ''));
  return [pid, ...children.flatMap((child) => pidsBelow(Number(child)))];
}
