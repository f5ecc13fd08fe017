import { assertSignal } from './abortable.ts';
import { assertFunction, assertIterable, assertOptions } from './projector-options.ts';

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

export const CONCURRENCY_DEFAULT = 8;

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
