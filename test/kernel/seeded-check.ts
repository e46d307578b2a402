import fc from 'fast-check';

const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 0x7fff_ffff));
console.log(`# TEST_SEED=${seed}`);

/** Checks a property with this process's seed, which is printed at the start. */
export function seededCheck<T>(property: fc.IProperty<T>, numRuns: number): void {
  fc.assert(property, { seed, numRuns });
}
