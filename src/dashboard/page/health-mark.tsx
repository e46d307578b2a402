import type { Health } from '../page-messages.ts';

const words: Readonly<Record<Health, string>> = { ok: 'well', waiting: 'waiting', trouble: 'trouble' };
const shapes: Readonly<Record<Health, string>> = {
  ok: 'M3 8.5l3.2 3.2L13 5',
  waiting: 'M8 4v4.5l3 2',
  trouble: 'M8 3.5v5.5M8 12v.5',
};

/** How a database stands, by shape, colour and word. */
export function HealthMark({ health, word = words[health] }: { readonly health: Health; readonly word?: string }) {
  return (
    <span class={`health ${health}`}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="7.5" />
        <path d={shapes[health]} />
      </svg>
      <span>{word}</span>
    </span>
  );
}
