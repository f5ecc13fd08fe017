import { createReadStream, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** What the command line uses of its process, so that tests can run commands without one. */
export interface Terminal {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly readFile: (path: string) => AsyncIterable<Uint8Array>;
  /** Calls `stop` once, at the first SIGINT or SIGTERM; the second ends the process. Returns a function that ends this. */
  readonly onInterrupt: (stop: () => void) => () => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, env, now: Date.now, readFile: (path) => createReadStream(path), onInterrupt };
}

/** The version in the package's own manifest. */
export function packageVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function onInterrupt(stop: () => void): () => void {
  const end = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, stopOnce);
  };
  const stopOnce = (): void => {
    end();
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, stopOnce);
  return end;
}
