import { readFileSync } from 'node:fs';

/** The numbers of the processors that this process may run on. */
export function allowedCpus(): number[] {
  return parseCpuList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!);
}

/** Reads a list as the kernel writes it: `0-2,5`. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last! - first + 1 }, (_, at) => first + at);
  });
}
