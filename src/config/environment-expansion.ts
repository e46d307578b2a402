export interface Expansion {
  readonly text: string;
  /** Names that had no value, each once. They became nothing, as in Litestream. */
  readonly missing: readonly string[];
}

/**
 * Puts environment variables into a text, as Litestream does before it reads the YAML: `$NAME` and `${NAME}`, also in
 * comments and quotes, and `$PID`. A dollar sign before anything else stays.
 */
export function expandEnvironment(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  processId: number,
): Expansion {
  const missing = new Set<string>();
  const expanded = text.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    if (name === 'PID') return String(processId);
    const value = variables[name];
    if (value === undefined) missing.add(name);
    return value ?? '';
  });
  return { text: expanded, missing: [...missing] };
}
