import { isPromise } from '../base/argument.ts';

/**
 * A generator that yields each promise it waits for, and is resumed with its value. The rules of projections are written
 * once, as coroutines: `runNow` runs them over synchronous caches and event logs, `runLater` over any. Synchronous values
 * are not yielded, which makes the synchronous way about as fast as plain calls.
 */
export type Coroutine<Result> = Generator<PromiseLike<unknown>, Result, unknown>;

/**
 * Runs a coroutine synchronously, from its start or after the step `first`. If it yields a promise, closes it and throws
 * `TypeError`.
 */
export function runNow<Result>(steps: Coroutine<Result>, first?: IteratorResult<PromiseLike<unknown>, Result>): Result {
  let step = first ?? steps.next();
  if (step.done === true) return step.value;
  while (step.done !== true) {
    ignoreRejection(step.value);
    // Not thrown into the coroutine, which would treat it as a failure of its cache and continue.
    step = steps.return(undefined as Result);
  }
  throw new TypeError(
    'a Projector needs a synchronous cache and event reader: use AsyncProjector for asynchronous ones',
  );
}

/**
 * Runs a coroutine asynchronously. A rejection is thrown into it at its `yield`. `wait` may replace each promise by one that
 * is settled earlier.
 */
export async function runLater<Result>(steps: Coroutine<Result>, wait?: Wait): Promise<Result> {
  let step = steps.next();
  while (step.done !== true) {
    let value: unknown;
    try {
      value = await (wait === undefined ? step.value : wait(step.value));
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(value);
  }
  return step.value;
}

/** Handles the rejection of a promise that is not awaited, which would otherwise end the process. */
export function ignoreRejection(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => {});
}

/** Throws `TypeError` if `value`, which `what` returned, is a promise. */
export function assertNoPromise(value: unknown, what: string): void {
  if (!isPromise(value)) return;
  ignoreRejection(value);
  throw new TypeError(`${what} must not be asynchronous: it returned a promise`);
}

/** A synchronous or asynchronous iterator. */
export type AnyIterator<Item> = Iterator<Item, unknown> | AsyncIterator<Item, unknown>;

export function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AnyIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/** Replaces a promise by the one to wait for, which may be settled earlier. */
export type Wait = (promise: PromiseLike<unknown>) => PromiseLike<unknown>;

/** Closes an iterator before its end: it may hold a cursor or a connection. */
export function* closeIterator(iterator: AnyIterator<unknown>, wait: Wait): Coroutine<void> {
  const closing = iterator.return?.();
  if (isPromise(closing)) yield wait(closing);
}

/** Closes an iterator without waiting, as its reader may never answer. Errors are ignored. */
export function releaseIterator(iterator: AnyIterator<unknown>): void {
  try {
    const closing = iterator.return?.();
    if (isPromise(closing)) ignoreRejection(closing);
  } catch {
    // All callers have left.
  }
}

/** Closes an iterator after a failure. An error of closing is ignored in favour of that failure. */
export function* abandonIterator(iterator: AnyIterator<unknown>, wait: Wait): Coroutine<void> {
  try {
    yield* closeIterator(iterator, wait);
  } catch {
    // The failure that led here is the one that reaches the caller.
  }
}
