/**
 * Work that yields the promises it waits for and leaves the waiting to its driver. The rules of projections are written
 * once, as such work: `runNow` drives it over synchronous caches and event logs, `runLater` over any. Values that are there
 * already are not yielded, which makes the synchronous way about as fast as plain calls.
 */
export type Coroutine<Result> = Generator<PromiseLike<unknown>, Result, unknown>;

/** Does the work at once. Throws `TypeError` where it would have to wait; what it has open is closed then. */
export function runNow<Result>(steps: Coroutine<Result>): Result {
  let step = steps.next();
  if (step.done === true) return step.value;
  while (step.done !== true) {
    ignoreRejection(step.value);
    // Not thrown into the work: it must not take this for a failure of its cache and go on.
    step = steps.return(undefined as Result);
  }
  throw new TypeError('a Projector takes a synchronous cache and event reader: use AsyncProjector for these');
}

/**
 * Does the work as its promises are settled. What one is rejected with is thrown where it is waited for. `wait` may settle
 * each of them earlier.
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

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** For a promise that nobody waits for: its rejection must not end the process. */
export function ignoreRejection(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => {});
}

/** Throws `TypeError` for a promise where `what` must return a value. */
export function assertNoPromise(value: unknown, what: string): void {
  if (!isPromise(value)) return;
  ignoreRejection(value);
  throw new TypeError(`${what} must not be asynchronous: it returned a promise`);
}

/** Goes through what may or may not have to be waited for. */
export type AnyIterator<Item> = Iterator<Item, unknown> | AsyncIterator<Item, unknown>;

export function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AnyIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/** Turns a promise into the one to wait for: it may be settled earlier. */
export type Wait = (promise: PromiseLike<unknown>) => PromiseLike<unknown>;

/** Closes an iterator that was not gone through to its end: it may hold a cursor or a connection. */
export function* closeIterator(iterator: AnyIterator<unknown>, wait: Wait): Coroutine<void> {
  const closing = iterator.return?.();
  if (isPromise(closing)) yield wait(closing);
}

/** Closes it without waiting: what it waits for may never come. */
export function releaseIterator(iterator: AnyIterator<unknown>): void {
  try {
    const closing = iterator.return?.();
    if (isPromise(closing)) ignoreRejection(closing);
  } catch {
    // Nobody is left to hear of it.
  }
}

/** The same after a failure, which is what there is to tell, whatever closing adds to it. */
export function* abandonIterator(iterator: AnyIterator<unknown>, wait: Wait): Coroutine<void> {
  try {
    yield* closeIterator(iterator, wait);
  } catch {
    // The failure that led here is the one that reaches the caller.
  }
}
