import { assertIterable } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import { assertOptions } from '../base/options.ts';
import { unlessAborted } from './cancellation.ts';
import { withReportForm } from './report-form.ts';

/** Progress of a warm-up. */
export interface WarmProgress {
  /** Streams processed so far, including those that failed. */
  readonly done: number;
  /** Streams that failed so far. */
  readonly failed: number;
}

/** Options of a warm-up. */
export interface WarmOptions {
  /** How many streams are projected at once; a positive integer, default 8. Ignored by the synchronous `Projector`. */
  readonly concurrency?: number;
  /** Called after each stream. An error it throws is reported as a process warning and ignored. Default: none. */
  readonly onProgress?: (progress: WarmProgress) => void;
  /** Ends the warm-up with the reason of the signal; states cached so far stay. Default: none. */
  readonly signal?: AbortSignal;
}

/** Result of a warm-up. A stream that failed is folded at its next call, like any miss. */
export interface WarmReport {
  /** Streams processed, including those that failed. */
  readonly done: number;
  /** Streams that failed, each with its error. */
  readonly failures: readonly {
    /** The name of the stream. */
    readonly stream: string;
    /** The error that its projection threw. */
    readonly error: unknown;
  }[];
}

const CONCURRENCY_DEFAULT = 8;

/** Throws `TypeError` for options or streams of the wrong type, `RangeError` unless `concurrency` is a positive integer. */
export function assertWarmUp(streams: object, options: WarmOptions): void {
  assertIterable(streams, 'streams');
  assertOptions(options, 'options of warm', ['concurrency', 'onProgress', 'signal']);
  const { concurrency = CONCURRENCY_DEFAULT } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer, not ${String(concurrency)}`);
  }
}

/** How a warm-up announces and projects a stream. */
export interface WarmWork {
  /** Announces that a stream will be projected soon; absent for a cache without prefetching. Never throws. */
  readonly announce: ((stream: string) => void) | undefined;
  project(stream: string): Promise<unknown>;
}

/**
 * Projects streams, several at once. A stream that fails is listed in the report and does not stop the others. An abort, or
 * an error of `streams`, ends the warm-up after the projections under way.
 */
export async function warmStreams(
  streams: Iterable<string> | AsyncIterable<string>,
  work: WarmWork,
  { concurrency = CONCURRENCY_DEFAULT, onProgress, signal }: WarmOptions,
): Promise<WarmReport> {
  const report = guardedHandler('onProgress', onProgress);
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
      if (stopped === undefined) report({ done, failed: failures.length });
    }
  };
  const stop = (error: unknown): void => {
    stopped ??= { error };
  };
  await Promise.all(Array.from({ length: concurrency }, () => worker().catch(stop)));
  if (stopped === undefined) return withReportForm({ done, failures });
  // Not awaited: `streams` may never answer.
  pending.return().catch(() => {});
  throw (stopped as { readonly error: unknown }).error;
}

/** Yields the streams, each after the next `concurrency` streams were announced. */
async function* announced(
  streams: Iterable<string> | AsyncIterable<string>,
  announce: WarmWork['announce'],
  concurrency: number,
): AsyncGenerator<string, void> {
  // An asynchronous iterable is not read ahead: its next stream may come much later.
  const aheadMax = announce === undefined || Symbol.asyncIterator in streams ? 0 : concurrency;
  const queue: string[] = [];
  for await (const stream of streams) {
    announce?.(stream);
    queue.push(stream);
    if (queue.length > aheadMax) yield queue.shift() as string;
  }
  yield* queue;
}
