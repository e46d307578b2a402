import type { PageRun } from './kernels.ts';
import { ReferencePageRun } from './reference/page-run.ts';
import type { RunShare } from './run-share.ts';
import { attachWasmPageRun } from './wasm-page-run.ts';

/** The workspace of another thread. The two take turns: nobody touches it while the other one works. */
export function attachRun(share: RunShare): PageRun {
  return share.kind === 'wasm' ? attachWasmPageRun(share) : new ReferencePageRun(share);
}
