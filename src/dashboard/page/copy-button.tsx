import { useState } from 'preact/hooks';

const thankMs = 2_000;

/** Puts a text on the clipboard, and says that it did. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    setSaid((await copied(text)) ? 'Copied' : 'Select it and copy it by hand');
    setTimeout(() => setSaid(''), thankMs);
  };
  return (
    <>
      <button type="button" aria-label={`Copy ${what}`} onClick={() => void copy()}>
        Copy
      </button>
      <span role="status">{said}</span>
    </>
  );
}

/** Browsers give the clipboard to pages of this machine and of https only; for others there is an older way. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}
