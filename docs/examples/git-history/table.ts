/** A column: its heading, and whether it holds numbers, which are right-aligned. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/** Lines of text in columns as wide as their longest cell, headings first, each line indented by two spaces. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(column.heading.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = columns.map((column, index) => pad(cells[index] ?? '', widths[index] ?? 0, column.align));
    return `  ${padded.join('  ')}`.trimEnd();
  };
  return [columns.map((column) => column.heading), ...rows].map(line).join('\n');
}

function pad(cell: string, width: number, align: Column['align']): string {
  return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
}

/** A whole number with a comma between thousands, whatever the locale of the machine. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** The day of a time in seconds since the Unix epoch, as `2024-02-29` in UTC; the number itself beyond any calendar. */
export function formatDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 10);
}

/** A path unchanged, or quoted as in JSON if it contains characters that would break a table or control a terminal. */
export function formatPath(path: string): string {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/u.test(path) ? JSON.stringify(path) : path;
}
