import { readFileSync } from 'node:fs';

/**
 * The anonymous memory of this process in bytes, after a garbage collection: the memory it really needs, as pages of a
 * mapped file can be dropped at any time. `undefined` if the system does not report it.
 */
export function privateBytes(): number | undefined {
  collectGarbage();
  try {
    return anonymousBytes(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The resident anonymous memory in the text of `/proc/PID/status` of Linux. */
export function anonymousBytes(status: string): number | undefined {
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  for (let i = 0; i < 3; i += 1) gc();
}
