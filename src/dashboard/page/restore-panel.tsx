import { useState } from 'preact/hooks';
import type { PlanView } from '../page-messages.ts';
import { bytesText, countText, durationText, timeText, txidText } from '../presentation/words.ts';
import { CopyButton } from './copy-button.tsx';
import type { PageState } from './page-state.ts';
import { RestoreProgress } from './restore-progress.tsx';
import { type ServerError, startRestore } from './server-calls.ts';

export interface RestorePanelProps {
  readonly state: PageState;
  readonly db: string;
  readonly replica: string;
  readonly plan: PlanView;
}

/** What would restore the chosen moment, what to type for it, and a restore beside the database from here. */
export function RestorePanel({ state, db, replica, plan }: RestorePanelProps) {
  const { txid, timestampMs, files, bytes, seconds, isMeasured, notices, command } = plan;
  return (
    <section class="plan" aria-labelledby="plan-heading">
      <h4 id="plan-heading">
        State of {timeText(timestampMs)}, TXID {txidText(txid)}
      </h4>
      <p aria-live="polite">
        {countText(files.length, 'file', 'files')}, {bytesText(bytes)}, about {durationText(seconds)}
        {!isMeasured && ' (no restore was measured yet)'}
      </p>
      {notices.map((notice) => (
        <p key={notice} class="notice">
          {notice}
        </p>
      ))}
      <details>
        <summary>The files</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Level</th>
              <th scope="col">From TXID</th>
              <th scope="col">To TXID</th>
              <th scope="col">Size</th>
            </tr>
          </thead>
          <tbody>
            {files.map(({ level, minTxid, maxTxid, sizeBytes }) => (
              <tr key={`${level} ${minTxid}`}>
                <td>{level}</td>
                <td>{txidText(minTxid)}</td>
                <td>{txidText(maxTxid)}</td>
                <td>{bytesText(sizeBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      <div class="command">
        <code tabIndex={0}>{command}</code>
        <CopyButton text={command} what="the command" />
      </div>
      <RestoreForm state={state} db={db} replica={replica} plan={plan} />
    </section>
  );
}

function RestoreForm({ state, db, replica, plan }: RestorePanelProps) {
  const [fileName, setFileName] = useState(plan.fileName);
  const [problem, setProblem] = useState<string>();
  const [startedId, setStartedId] = useState<number>();
  const restore = startedId === undefined ? undefined : state.restores.get(startedId);
  const start = async () => {
    setProblem(undefined);
    try {
      setStartedId((await startRestore({ db, replica, txid: plan.txid, fileName })).id);
    } catch (error) {
      const { message, hint } = error as ServerError;
      setProblem(hint === undefined ? message : `${message}. ${hint}`);
    }
  };
  return (
    <form
      class="restore"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <label>
        Restore beside the database as{' '}
        <input
          type="text"
          required
          size={Math.max(24, fileName.length)}
          value={fileName}
          onInput={({ currentTarget }) => setFileName(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={restore?.state === 'running'}>
        Restore
      </button>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
      {restore !== undefined && <RestoreProgress restore={restore} />}
    </form>
  );
}
