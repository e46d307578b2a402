const compiled = new Map<string, RegExp>();
const compiledLimit = 100;

/** Whether a text holds a character that makes it a glob. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/**
 * The regular expression of a glob over a whole path: `*` and `?` stay within a name, `**` as a whole part spans any
 * number of folders, `[a-z]` and `[!a-z]` are sets, a backslash takes away a meaning. Dots have none.
 */
export function globExpression(glob: string): RegExp {
  const known = compiled.get(glob);
  if (known !== undefined) return known;
  if (compiled.size >= compiledLimit) compiled.clear();
  const expression = compile(glob);
  compiled.set(glob, expression);
  return expression;
}

function compile(glob: string): RegExp {
  const token = /(^|\/)\*\*(?:\/|$)|\*+|\?|\[([!^]?)(\]?[^\]]*)\]|\\(.)|([\s\S])/g;
  const source = glob.replace(token, (match, slash?: string, not?: string, set?: string, escaped?: string) => {
    if (slash !== undefined) return match.endsWith('/') ? `${slash}(?:[^/]+/)*` : `${slash}.+`;
    if (match.startsWith('*')) return '[^/]*';
    if (match === '?') return '[^/]';
    if (set !== undefined) return `(?!/)[${not === '' ? '' : '^'}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    return (escaped ?? match).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
