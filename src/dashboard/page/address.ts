import { useEffect, useState } from 'preact/hooks';

const prefix = '#/db/';

/** The database that is shown in detail stands in the address, so that it can be kept and sent. */
export function useSelected(): [path: string | undefined, select: (path: string | undefined) => void] {
  const [selected, setSelected] = useState(selectedIn(location.hash));
  useEffect(() => {
    const follow = () => setSelected(selectedIn(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const select = (path: string | undefined) => {
    location.hash = path === undefined ? '#/' : prefix + encodeURIComponent(path);
  };
  return [selected, select];
}

function selectedIn(hash: string): string | undefined {
  if (!hash.startsWith(prefix)) return undefined;
  try {
    return decodeURIComponent(hash.slice(prefix.length));
  } catch {
    return undefined; // an address that somebody wrote by hand
  }
}
