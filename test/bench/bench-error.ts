/** A benchmark that cannot be run to its end, or whose result would be worthless. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
