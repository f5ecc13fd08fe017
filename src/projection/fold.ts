import { isPromise } from '../base/argument.ts';
import type { BoundProjection } from './bound-projection.ts';
import { Interruption } from './cancellation.ts';
import {
  type AnyIterator,
  abandonIterator,
  assertNoPromise,
  type Coroutine,
  closeIterator,
  iteratorOf,
  releaseIterator,
  type Wait,
} from './coroutine.ts';
import {
  assertFollows,
  assertRecorded,
  assertSameLog,
  endsBelowHead,
  type ReadOptions,
  type RecordedEvent,
  sourceInvalid,
} from './event-reader.ts';
import type { ProjectionContext } from './projector-options.ts';

/** A state from which a fold continues. */
export interface FoldBase<State> {
  readonly state: State | undefined;
  readonly watermark: bigint;
  /** When the state was the newest one, in microseconds since the Unix epoch. */
  readonly cachedAtUs: bigint;
}

/** The result of a fold. */
export interface FoldResult<State> {
  readonly state: State | undefined;
  /** Sequence of the last event folded, otherwise that of the base; `undefined` without either. */
  readonly watermark: bigint | undefined;
  readonly eventsRead: number;
  /** Whether its budget, or the abort of its signal, ended it before the head. */
  readonly exhausted: boolean;
}

/** The parts of its projector that a fold uses. */
type FoldContext<Event> = Pick<ProjectionContext<Event>, 'source' | 'replayBudget' | 'elapsed' | 'counters'>;

/** A fold to do. */
export interface FoldTask<State, Event> {
  readonly projection: BoundProjection<State, Event>;
  readonly stream: string;
  readonly base: FoldBase<State> | undefined;
  /** The fold ends with the first event at or above this sequence. */
  readonly head: bigint;
  /** When aborted, ends the fold at once as its budget would, even while it waits for an event. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Folds events up to the head. Throws errors of the source and of `apply`, and `SOURCE_INVALID` if the source breaks its
 * contract: with `null` in place of an event, a sequence that is not a u64 or not above the previous one, events that end
 * below the head, or another identity at the end.
 */
export function* foldEvents<State, Event>(
  context: FoldContext<Event>,
  task: FoldTask<State, Event>,
): Coroutine<FoldResult<State>> {
  const { source, counters } = context;
  const { signal } = task;
  const isSpent = budgetOf(context);
  const iterator = openEvents(context, task);
  const interruption = signal === undefined ? undefined : new Interruption(signal);
  /** Waits, until all callers have left. */
  const wait: Wait = (promise) => interruption?.wait(promise) ?? promise;
  let result: FoldResult<State> | undefined;
  try {
    result = yield* foldFrom(iterator, task, isSpent, wait);
    if (signal?.aborted === true) releaseIterator(iterator);
    else yield* closeIterator(iterator, wait);
  } finally {
    if (result === undefined) yield* abandonIterator(iterator, wait);
    interruption?.end();
  }
  counters.eventsRead += result.eventsRead;
  assertSameLog(task, source.identity, result.eventsRead);
  return result;
}

function openEvents<State, Event>(
  { source, replayBudget }: FoldContext<Event>,
  task: FoldTask<State, Event>,
): AnyIterator<RecordedEvent<Event>> {
  const { projection, stream, base, head, signal } = task;
  const limit = replayBudget?.events;
  const options: ReadOptions =
    limit === undefined && signal === undefined
      ? { upTo: head }
      : { upTo: head, ...(limit === undefined ? {} : { limit }), ...(signal === undefined ? {} : { signal }) };
  const events = source.read(stream, projection.kinds, base?.watermark, options);
  assertNoPromise(events, '`read` of the event source');
  if (typeof events === 'object' && events !== null && (Symbol.asyncIterator in events || Symbol.iterator in events)) {
    return iteratorOf(events);
  }
  throw sourceInvalid(task, 'its `read` must return an iterable or an async iterable of events');
}

function* foldFrom<State, Event>(
  iterator: AnyIterator<RecordedEvent<Event>>,
  task: FoldTask<State, Event>,
  isSpent: (eventsRead: number) => boolean,
  wait: Wait,
): Coroutine<FoldResult<State>> {
  const { projection, base, head, signal } = task;
  let state = base?.state;
  let watermark = base?.watermark;
  let eventsRead = 0;
  const stopped = (): FoldResult<State> => ({ state, watermark, eventsRead, exhausted: true });
  const isGivenUp = (): boolean => signal?.aborted === true;
  while (watermark === undefined || watermark < head) {
    if (isGivenUp() || isSpent(eventsRead)) return stopped();
    const got = iterator.next();
    const next = (isPromise(got) ? yield wait(got) : got) as IteratorResult<RecordedEvent<Event>, unknown> | undefined;
    // The result of an abandoned read is not checked: the reader may have been cancelled.
    if (next === undefined && isGivenUp()) return stopped();
    if (next?.done === true) throw endsBelowHead(task, watermark, head, eventsRead);
    const recorded: RecordedEvent<Event> | undefined = next?.value;
    assertRecorded(task, recorded, eventsRead);
    const { sequence, event } = recorded;
    assertFollows(task, sequence, watermark, eventsRead);
    eventsRead += 1;
    state = projection.apply(state, event, task, eventsRead);
    watermark = sequence;
  }
  return { state, watermark, eventsRead, exhausted: false };
}

/** Whether the replay budget is used up after so many events. The first event is always allowed: each retry advances. */
function budgetOf({ replayBudget, elapsed }: FoldContext<unknown>): (eventsRead: number) => boolean {
  const { events: eventsMax = Number.POSITIVE_INFINITY, ms } = replayBudget ?? {};
  const until = ms === undefined ? undefined : elapsed() + ms;
  return (eventsRead) => eventsRead > 0 && (eventsRead >= eventsMax || !(until === undefined || elapsed() < until));
}
