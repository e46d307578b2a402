import { useState } from 'preact/hooks';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const storageKey = 'litestream-theme';

/** Dark, light, or as the system has it. The browser keeps it. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(kept);
  document.documentElement.dataset.theme = theme;
  return (
    <label class="theme">
      Colours{' '}
      <select
        value={theme}
        onChange={({ currentTarget }) => {
          const next = currentTarget.value as Theme;
          setTheme(next);
          localStorage.setItem(storageKey, next);
        }}
      >
        {themes.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function kept(): Theme {
  return themes.find((name) => name === localStorage.getItem(storageKey)) ?? 'auto';
}
