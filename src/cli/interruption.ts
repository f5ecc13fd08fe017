import { CommandFailure, ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Runs `work` with a signal that SIGINT and SIGTERM abort, so that the work ends at a sound place instead of anywhere. */
export async function interruptible<Result>(
  { onInterrupt }: Pick<Terminal, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const end = onInterrupt(() => controller.abort(new CommandFailure(ExitCode.interrupted, 'interrupted')));
  try {
    return await work(controller.signal);
  } finally {
    end();
  }
}
