import type { Verdict } from './pages/conformance.ts';

/** Throws unless the suite passed; returns how much it ran. */
export function assertPassed({ passed, failed }: Verdict): string {
  if (failed.length > 0) throw new Error(failed.join('\n'));
  return `${passed} tests`;
}

/** Throws unless both are the same as JSON. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}
