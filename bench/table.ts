/** Lines of text in columns as wide as their longest cell; the first column left-aligned, numbers right-aligned. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const isText = headings.map((_, column) => !rows.some((row) => /^[\d,.]/.test(row[column] ?? '')));
  const pad = (cell: string, column: number): string =>
    isText[column] === true ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines
    .map((line) =>
      headings
        .map((_, i) => pad(line[i] ?? '', i))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A whole number with a comma between thousands, whatever the locale of the machine. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Three significant digits, for times and ratios that span orders of magnitude. */
export function formatFigure(figure: number): string {
  if (figure >= 100) return formatCount(figure);
  return figure.toFixed(figure >= 10 ? 1 : 2);
}
