import { useEffect, useRef, useState } from 'preact/hooks';
import type { DatabaseView, ReplicaView } from '../page-messages.ts';
import { agoText, bytesText, durationText, splitPath, timeText, txidText } from '../presentation/words.ts';
import { HealthMark } from './health-mark.tsx';
import { MomentPicker } from './moment-picker.tsx';
import type { PageState } from './page-state.ts';
import { Sparkline } from './sparkline.tsx';

export interface DatabaseDetailsProps {
  readonly state: PageState;
  readonly path: string;
  /** Undefined when it is not replicated, or not yet known. */
  readonly database: DatabaseView | undefined;
  readonly onClose: () => void;
}

/** One database: how it stands, its replicas, and every moment that can be restored. */
export function DatabaseDetails({ state, path, database, onClose }: DatabaseDetailsProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { directory, file } = splitPath(path);
  return (
    <section class="details" aria-labelledby="details-heading">
      <header>
        <h2 id="details-heading" ref={heading} tabIndex={-1}>
          {file} <span class="directory">{directory}</span>
        </h2>
        <button type="button" class="close" onClick={onClose}>
          Close
        </button>
      </header>
      {database === undefined ? (
        <p>{state.connection === 'live' ? 'It is not replicated here.' : 'Loading'}</p>
      ) : (
        <Known state={state} database={database} />
      )}
    </section>
  );
}

function Known({ state, database }: { readonly state: PageState; readonly database: DatabaseView }) {
  const [chosen, setChosen] = useState<string>();
  const replica = database.replicas.find(({ name }) => name === chosen) ?? database.replicas[0];
  return (
    <>
      <Facts state={state} database={database} />
      <Trends state={state} path={database.path} />
      <Replicas state={state} replicas={database.replicas} shown={replica?.name} onShow={setChosen} />
      {replica !== undefined && (
        <MomentPicker key={replica.name} state={state} db={database.path} replica={replica.name} txid={replica.txid} />
      )}
    </>
  );
}

function Facts({ state, database }: { readonly state: PageState; readonly database: DatabaseView }) {
  const { health, state: word, reason, txid, timestampMs, lease, sizeBytes, walBytes, behindSinceMs } = database;
  const now = state.now();
  const lag = behindSinceMs === undefined ? 'none' : durationText(state.lagSeconds(behindSinceMs));
  return (
    <>
      <p class="standing">
        <HealthMark health={health} word={word} />
        {reason !== undefined && <span class="reason"> {reason}</span>}
      </p>
      <dl class="facts">
        <Fact name="TXID">{txidText(txid)}</Fact>
        <Fact name="Newest change">{agoText(timestampMs, now)}</Fact>
        <Fact name="Lag">{lag}</Fact>
        <Fact name="Size">{bytesText(sizeBytes)}</Fact>
        <Fact name="WAL">{bytesText(walBytes)}</Fact>
        <Fact name="Lease">{lease ?? 'none needed'}</Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Trends({ state, path }: { readonly state: PageState; readonly path: string }) {
  const history = state.histories.get(path);
  const most = (values: readonly number[] | undefined) => Math.max(0, ...(values ?? []));
  return (
    <div class="trends">
      <figure>
        <Sparkline kind="writes" values={history?.writeRates} width={240} height={48} leastTop={10_000} />
        <figcaption>
          Writes: {bytesText(state.writeRate(path))}/s, at most {bytesText(most(history?.writeRates))}/s in ten minutes
        </figcaption>
      </figure>
      <figure>
        <Sparkline kind="lag" values={history?.lagSeconds} width={240} height={48} leastTop={5} />
        <figcaption>Lag: at most {durationText(most(history?.lagSeconds))} in ten minutes</figcaption>
      </figure>
    </div>
  );
}

interface ReplicasProps {
  readonly state: PageState;
  readonly replicas: readonly ReplicaView[];
  readonly shown: string | undefined;
  readonly onShow: (name: string) => void;
}

function Replicas({ state, replicas, shown, onShow }: ReplicasProps) {
  const now = state.now();
  return (
    <fieldset class="replicas">
      <legend>{replicas.length === 1 ? 'Replica' : 'Replicas: the chosen one is drawn below'}</legend>
      {replicas.map(({ name, url, state: word, txid, timestampMs, behindSinceMs, verifiedAtMs, error }) => (
        <label key={name}>
          <input type="radio" name="replica" checked={name === shown} onChange={() => onShow(name)} />
          <span>
            <strong>{name}</strong> <span class="url">{url}</span>
            <br />
            {word}, TXID {txidText(txid)} of {timestampMs === undefined ? '–' : timeText(timestampMs)}
            {behindSinceMs !== undefined && `, lacks something for ${durationText(state.lagSeconds(behindSinceMs))}`}
            {verifiedAtMs !== undefined && `, verified ${agoText(verifiedAtMs, now)}`}
            {error !== undefined && <span class="error"> {error}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
