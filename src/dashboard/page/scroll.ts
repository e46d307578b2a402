import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** How far an element is scrolled and how high it is, as it changes. */
export function useScroll(element: RefObject<HTMLElement | null>): {
  readonly scrollTop: number;
  readonly height: number;
} {
  const [view, setView] = useState({ scrollTop: 0, height: 600 });
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const look = () => setView({ scrollTop: target.scrollTop, height: target.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(target);
    target.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      target.removeEventListener('scroll', look);
    };
  }, [element]);
  return view;
}

/** Whether a media query holds, as it changes. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = () => setHolds(list.matches);
    list.addEventListener('change', follow);
    return () => list.removeEventListener('change', follow);
  }, [query]);
  return holds;
}
