import type { RestoreView } from '../page-messages.ts';
import { bytesText, durationText, splitPath } from '../presentation/words.ts';
import { cancelRestore } from './server-calls.ts';

/** How far a restore is, or what has come of it. */
export function RestoreProgress({ restore }: { readonly restore: RestoreView }) {
  const { id, outputPath, state, doneBytes, totalBytes, durationMs, sizeBytes, error } = restore;
  const { file, directory } = splitPath(outputPath);
  const seconds = durationText((durationMs ?? 0) / 1000);
  return (
    <div class={`progress ${state}`}>
      <span class="file" title={directory}>
        {file}
      </span>{' '}
      {state === 'running' && (
        <>
          <progress aria-label={`Restoring ${file}`} max={Math.max(1, totalBytes)} value={doneBytes} />{' '}
          <span>
            {bytesText(doneBytes)} of {bytesText(totalBytes)}
          </span>{' '}
          <button type="button" onClick={() => void cancelRestore(id).catch(() => {})}>
            Cancel
          </button>
        </>
      )}
      <span role="status">
        {state === 'done' && `Restored and verified: ${bytesText(sizeBytes)} in ${seconds}`}
        {state === 'cancelled' && 'Cancelled, nothing is left of it'}
        {state === 'failed' && <span class="error">{error}</span>}
      </span>
    </div>
  );
}
