/**
 * A git repository as an event log, folded into projections that a LogCache keeps. Where to read on:
 *
 * - `commit-log.ts` is the event log: events in order, each with a sequence, readable from any point on;
 * - `file-activity.ts` is the projection: a state, and what one event does to it;
 * - `project-phase.ts` brings the two together through a cache;
 * - `history-demo.ts` runs it cold, warm and from an earlier commit, and compares.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { StoreError } from '../../../src/index.ts';
import { CommitLog } from './commit-log.ts';
import { parseDemoArguments, usage } from './demo-arguments.ts';
import { DemoError } from './demo-error.ts';
import { formatResult } from './demo-report.ts';
import { runDemo } from './history-demo.ts';
import { Progress } from './progress.ts';

async function main(args: readonly string[]): Promise<void> {
  const { repository, cacheDirectory, help } = parseDemoArguments(args);
  if (help) {
    console.log(usage);
    return;
  }
  const log = await CommitLog.open(repository);
  const directory = cacheDirectory === undefined ? temporaryDirectory() : resolve(cacheDirectory);
  const nowMs = (): number => performance.now();
  const progress = new Progress(process.stderr, nowMs);
  try {
    const result = await runDemo(log, directory, {
      nowUs: () => BigInt(Date.now()) * 1000n,
      nowMs,
      onProgress: (phase, done, of) => progress.show(phase, done, of),
    });
    progress.clear();
    console.log(formatResult(log, result, process.stdout.isTTY === true));
    if (cacheDirectory !== undefined) console.log(`\nThe caches are in ${directory}`);
  } finally {
    progress.clear();
  }
}

/** A directory that is removed when this process ends, even by Ctrl-C. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-demo-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
  return directory;
}

/** An error that the user can fix is shown as a sentence; only a bug of the demo itself shows its stack. */
function explain(error: unknown): string {
  if (error instanceof DemoError) return error.message;
  if (error instanceof StoreError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// A reader that stops early, such as `head`, is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(explain(error));
  process.exitCode = 1;
});
