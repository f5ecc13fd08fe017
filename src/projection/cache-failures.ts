import { guardedHandler } from '../base/guarded-handler.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheFailure } from './projection-report.ts';
import type { ProjectorCounters } from './projector-counters.ts';
import { withReportForm } from './report-form.ts';

/** A failure of the cache, as `onCacheFailure` receives it. `JSON.stringify` writes it with its error. */
export interface CacheFailureEvent {
  /** The operation that failed. */
  readonly operation: CacheFailure['operation'] | 'prefetch';
  /** The stream whose state was to be read, written or removed. */
  readonly stream: string;
  /** The error that the cache threw or rejected with, or `CACHE_FAILED` if it did not answer within `cacheTimeoutMs`. */
  readonly error: unknown;
}

/** Counts the failures of the cache and passes them to `onCacheFailure`. None of them fails a call. */
export class CacheFailures {
  readonly #counters: ProjectorCounters;
  readonly #handle: (event: CacheFailureEvent) => void;

  constructor(counters: ProjectorCounters, onCacheFailure: ((event: CacheFailureEvent) => void) | undefined) {
    this.#counters = counters;
    this.#handle = guardedHandler('onCacheFailure', onCacheFailure);
  }

  add(operation: CacheFailureEvent['operation'], stream: string, error: unknown): void {
    this.#counters.cacheFailures += 1;
    this.#handle(withReportForm({ operation, stream, error }));
  }
}

/** Whether the cache was closed: a mistake of the program, which must not look like a cache that is merely empty. */
export function isClosed(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'CLOSED';
}
