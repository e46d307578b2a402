/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** Text that is shown as it stands. */
export function plain(text: string): string {
  return text.replace(/[<>*]/g, '\\$&');
}

/** Says at the top of a page where it comes from. */
export function generatedBy(source: string): string {
  return `<!-- Written by \`npm run docs\` from ${source}. -->`;
}
