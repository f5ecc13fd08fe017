const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;
const UNIT = 1_000;
/** The times that `Date` can hold, in milliseconds on either side of the epoch. */
const DATE_MS_MAX = 8.64e15;
const US_PER_MS = 1_000n;

/** `1,234,567`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1,234,567 bytes (1.2 MB)`. */
export function bytesText(bytes: number): string {
  const exact = bytes === 1 ? '1 byte' : `${countText(bytes)} bytes`;
  if (bytes < UNIT) return exact;
  const exponent = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length);
  return `${exact} (${(bytes / UNIT ** exponent).toFixed(1)} ${UNITS[exponent - 1] ?? ''})`;
}

/** `1 entry`, `2 entries`. */
export function entriesText(count: number): string {
  return count === 1 ? '1 entry' : `${countText(count)} entries`;
}

/** A time in microseconds as ISO 8601 to the millisecond, or as the number itself where no `Date` can be that. */
export function timeText(timeUs: bigint): string {
  const milliseconds = Number(timeUs / US_PER_MS);
  return Math.abs(milliseconds) > DATE_MS_MAX ? `${timeUs} µs` : new Date(milliseconds).toISOString();
}
