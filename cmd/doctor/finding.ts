import { hintOf, messageOf } from '../../src/runtime/typed-error.ts';

/** `note`: worth knowing; `warning`: it works, with less than it could; `failure`: it does not work. */
export type Severity = 'ok' | 'note' | 'warning' | 'failure';

/** What one check found. */
export interface Finding {
  readonly severity: Severity;
  /** What was looked at: `journal mode`. */
  readonly check: string;
  /** What it belongs to: a database, a replica's URL, `this machine`. */
  readonly about: string;
  /** What was found. */
  readonly state: string;
  /** What to do about it; one sentence without a period. */
  readonly remedy?: string | undefined;
}

/** A finding without what it was about. */
export type Found = Omit<Finding, 'check' | 'about'>;

/** Runs a check; that it cannot be made is a finding too. */
export async function finding(check: string, about: string, run: () => Promise<Found>): Promise<Finding> {
  try {
    return { check, about, ...(await run()) };
  } catch (error) {
    return { check, about, severity: 'failure', state: messageOf(error), remedy: hintOf(error) };
  }
}
