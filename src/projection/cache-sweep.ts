import { isPromise } from '../base/argument.ts';
import { abandonIterator, type Coroutine, iteratorOf } from './coroutine.ts';
import { type ProjectionKeyParts, parseProjectionKey } from './projection-key.ts';

/** A cache that lists its keys, such as a `LogCache`. */
interface KeyedCache {
  keys(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  deletePrefix(prefix: Uint8Array): unknown;
}

/** A projection whose entries stay. */
interface LiveProjection {
  owns(parts: ProjectionKeyParts): boolean;
}

/**
 * Removes the entries of projections that are not in `live`: those of other names, versions, kinds and event logs. Keys that
 * no projector made stay. Returns how many entries it removed. Throws `TypeError` for a cache that does not list its keys.
 */
export function* sweepCache(cache: object, live: readonly LiveProjection[]): Coroutine<number> {
  if (typeof (cache as Partial<KeyedCache>).keys !== 'function') {
    throw new TypeError('sweep needs a cache that lists its keys: a LogCache, or one with a method `keys`');
  }
  const keyed = cache as KeyedCache;
  const iterator = iteratorOf(keyed.keys());
  let removed = 0;
  try {
    while (true) {
      const got = iterator.next();
      const next = (isPromise(got) ? yield got : got) as IteratorResult<Uint8Array, unknown>;
      if (next.done === true) return removed;
      if (!isDead(next.value, live)) continue;
      const removing = keyed.deletePrefix(next.value);
      removed += (isPromise(removing) ? yield removing : removing) as number;
    }
  } catch (error) {
    yield* abandonIterator(iterator, (promise) => promise);
    throw error;
  }
}

function isDead(key: Uint8Array, live: readonly LiveProjection[]): boolean {
  const parts = parseProjectionKey(key);
  return parts !== undefined && !live.some((projection) => projection.owns(parts));
}
