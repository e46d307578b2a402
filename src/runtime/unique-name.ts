import { randomBytes } from 'node:crypto';

const processPart = randomBytes(5).toString('hex');
const counterDigits = 6;
let counter = 0;

/** 16 hexadecimal digits that no other process, and no other call in this one, is given. */
export function uniqueName(): string {
  counter = (counter + 1) % 16 ** counterDigits;
  return processPart + counter.toString(16).padStart(counterDigits, '0');
}
