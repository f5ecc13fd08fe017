import { isPromise } from '../base/argument.ts';
import type { BoundProjection } from './bound-projection.ts';
import { type ActiveFold, type CacheContext, CachedStates, type Lookup } from './cached-states.ts';
import type { Coroutine } from './coroutine.ts';
import { ageOf, Freshness } from './freshness.ts';
import { withReportForm } from './report-form.ts';

/** A cached state, as `peek` returns it. `JSON.stringify` writes its bigints as `ProjectionReport` does. */
export interface CachedProjection<State> {
  /** The state; `undefined` if the events up to the watermark leave none. */
  readonly state: State | undefined;
  /** Sequence of the newest event in the state. */
  readonly watermark: bigint;
  /**
   * Age of the state in microseconds: how long ago the event log had no newer relevant event. Negative after the clock stepped
   * back; absent when a replay budget had stopped its fold before the head.
   */
  readonly ageUs?: bigint;
}

/** Reads the cached state of a stream, and neither the event log nor more of the cache. */
export function* peekCache<State, Event>(
  context: CacheContext & { readonly nowUs: () => bigint },
  projection: BoundProjection<State, Event>,
  stream: string,
): Coroutine<CachedProjection<State> | undefined> {
  const place = { stream, projectionId: projection.id, key: projection.key(stream) };
  // A dropped fold writes nothing.
  const activeFold: ActiveFold = { stream, isDropped: true, at: -1 };
  const got = new CachedStates(context, place, activeFold, []).get(Freshness.consistent, 0n);
  const cached = (isPromise(got) ? yield got : got) as Lookup;
  if (cached.kind === 'refused') return undefined;
  const { stored, watermark, cachedAtUs } = cached;
  const ageUs = ageOf(cachedAtUs, context.nowUs());
  try {
    const state = projection.states.decode(stored);
    return withReportForm({ state, watermark, ...(ageUs === undefined ? {} : { ageUs }) });
  } catch {
    context.counters.undecodable += 1;
    return undefined;
  }
}
