import { assertFunction, assertIterable, assertOptions } from '../base/argument.ts';
import { assertSignal, unlessAborted } from './cancellation.ts';

/** How far a warm-up has come. */
export interface WarmProgress {
  /** Streams that were projected or failed. */
  readonly done: number;
  readonly failed: number;
}

/** How streams are warmed up. */
export interface WarmOptions {
  /** Streams projected at once; a positive integer, default 8. A synchronous projector takes them one by one. */
  readonly concurrency?: number;
  /** Told after each stream; what it throws ends the warm-up. */
  readonly onProgress?: (progress: WarmProgress) => void;
  /** Ends the warm-up with the signal's reason; what was cached stays. */
  readonly signal?: AbortSignal;
}

/** What a warm-up came to. Streams that failed cost a fold later, like any miss. */
export interface WarmReport {
  readonly done: number;
  readonly failures: readonly { readonly stream: string; readonly error: unknown }[];
}

const CONCURRENCY_DEFAULT = 8;

/** Throws `TypeError` for options or streams of the wrong kind, `RangeError` for a concurrency that is no positive integer. */
export function assertWarmUp(streams: object, options: WarmOptions): void {
  assertIterable(streams, 'streams');
  assertOptions(options);
  const { concurrency = CONCURRENCY_DEFAULT, onProgress, signal } = options;
  if (onProgress !== undefined) assertFunction(onProgress, 'onProgress');
  assertSignal(signal);
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer, not ${String(concurrency)}`);
  }
}

/** What is done with each stream of a warm-up. */
export interface WarmWork {
  /** Says that a stream will be projected soon; absent where nobody wants to know. Never throws. */
  readonly announce: ((stream: string) => void) | undefined;
  project(stream: string): Promise<unknown>;
}

/**
 * Projects streams, some at once. One that fails is reported and does not stop the others; an abort, what `streams` throws
 * and what `onProgress` throws do, after the projections under way.
 */
export async function warmStreams(
  streams: Iterable<string> | AsyncIterable<string>,
  work: WarmWork,
  { concurrency = CONCURRENCY_DEFAULT, onProgress, signal }: WarmOptions,
): Promise<WarmReport> {
  const pending = announced(streams, work.announce, concurrency);
  const failures: { stream: string; error: unknown }[] = [];
  let done = 0;
  let stopped: { readonly error: unknown } | undefined;

  const worker = async (): Promise<void> => {
    while (stopped === undefined) {
      signal?.throwIfAborted();
      const next = await unlessAborted(pending.next(), signal);
      if (next.done === true) return;
      try {
        await work.project(next.value);
      } catch (error) {
        signal?.throwIfAborted();
        failures.push({ stream: next.value, error });
      }
      done += 1;
      if (stopped === undefined) onProgress?.({ done, failed: failures.length });
    }
  };
  const stop = (error: unknown): void => {
    stopped ??= { error };
  };
  await Promise.all(Array.from({ length: concurrency }, () => worker().catch(stop)));
  if (stopped === undefined) return { done, failures };
  // Not waited for: the streams may be what hangs.
  pending.return().catch(() => {});
  throw (stopped as { readonly error: unknown }).error;
}

/** The streams, each given out when so many after it were announced. */
async function* announced(
  streams: Iterable<string> | AsyncIterable<string>,
  announce: WarmWork['announce'],
  concurrency: number,
): AsyncGenerator<string, void> {
  // A stream that is there does not wait for one that may come later.
  const aheadMax = announce === undefined || Symbol.asyncIterator in streams ? 0 : concurrency;
  const queue: string[] = [];
  for await (const stream of streams) {
    announce?.(stream);
    queue.push(stream);
    if (queue.length > aheadMax) yield queue.shift() as string;
  }
  yield* queue;
}
