import { unlessAborted } from './abortable.ts';
import { CONCURRENCY_DEFAULT, type WarmOptions, type WarmReport } from './warm-options.ts';

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
