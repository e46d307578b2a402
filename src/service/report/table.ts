/** How a cell is coloured: called with its text before and after it was padded. */
export type Paint = (cell: string, padded: string, column: number) => string;

/** Lines of a table: columns as wide as their widest cell, two spaces between, numbers to the right. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint = (_, padded) => padded,
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isNumeric = head.map((_, column) => rows.length > 0 && rows.every((row) => /^\d+$/.test(row[column] ?? '')));
  const line = (cells: readonly string[], painted: Paint) =>
    cells
      .map((cell, column) => {
        const isLast = column === cells.length - 1;
        const padded = isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(isLast ? 0 : widths[column]!);
        return painted(cell, padded, column);
      })
      .join('  ')
      .trimEnd();
  return [line(head, (_, padded) => padded), ...rows.map((row) => line(row, paint))].join('\n');
}
