import fc from 'fast-check';
import { Freshness } from '../../src/projection/freshness.ts';
import type { FaultyVerb } from './faulty-cache.ts';
import { type HistoryEvent, type ProjectionMaker, projectionMakers } from './history-projections.ts';
import type { Hanging, StallPlace } from './scheduled-dependencies.ts';

/** One event of a history; the scheduler decides when it happens after the one before. */
export type ConcurrentStep =
  | { readonly what: 'append'; readonly stream: string; readonly events: readonly HistoryEvent[] }
  | {
      readonly what: 'call';
      readonly stream: string;
      readonly which: number;
      readonly freshness: Freshness;
      readonly leaves: boolean;
    }
  /** All streams at once, by a consistent call. */
  | { readonly what: 'page'; readonly which: number }
  /** The callers that may leave, leave. */
  | { readonly what: 'leave' }
  | { readonly what: 'clock'; readonly byUs: bigint }
  /** Concurrent calls of the same kind, as at the end of a window. */
  | { readonly what: 'herd'; readonly stream: string; readonly freshness: Freshness; readonly callers: number }
  | { readonly what: 'fault'; readonly verb: FaultyVerb; readonly times: number }
  /** The next call of an asynchronous cache hangs. */
  | { readonly what: 'hang'; readonly verb: FaultyVerb; readonly how: Hanging }
  /** The event log hangs, in head or in the middle of a read, until it is resumed. */
  | { readonly what: 'stall'; readonly where: StallPlace }
  | { readonly what: 'resume' }
  /** The events of a stream are rewritten in place, or the newest are erased; then it is invalidated. */
  | { readonly what: 'rewrite'; readonly stream: string; readonly erases: boolean }
  /** The log is restored to its first events. It gets another identity, or it reuses its sequences. It may
   * grow by as many events as it lost, before anybody reads it. */
  | { readonly what: 'restore'; readonly share: number; readonly grown: HistoryEvent | undefined };

export interface ConcurrentSettings {
  /** The two projections in use. */
  readonly makers: readonly ProjectionMaker[];
  readonly answersLater: boolean;
  /** Whether the timeout of the cache may expire. */
  readonly timesOut: boolean;
  readonly verifyEvery: number | undefined;
  /** Whether a restored log is noticed by checkpoints; else it has another identity. */
  readonly hasCheckpoints: boolean;
}

// Mostly the same stream, so that callers meet.
const stream = fc.constantFrom(...Array.from({ length: 9 }, () => 'a'), 'a:1');
const event: fc.Arbitrary<HistoryEvent> = fc.record({
  kind: fc.constantFrom('added' as const, 'closed' as const, 'noted' as const),
  amount: fc.nat({ max: 9 }),
});
const append = fc.record({
  what: fc.constant('append' as const),
  stream,
  events: fc.array(event, { minLength: 1, maxLength: 3 }),
});
const bestEffort = fc.constantFrom(1, 50).map((maxStaleMs) => Freshness.bestEffort({ maxStaleMs }));
const atLeast = fc.constantFrom(1n, 5n, 11n).map((watermark) => Freshness.atLeast({ watermark }));
const call = fc.record({
  what: fc.constant('call' as const),
  stream,
  which: fc.constantFrom(0, 0, 0, 0, 1),
  freshness: fc.oneof(
    { weight: 3, arbitrary: fc.constant(Freshness.consistent) },
    { weight: 1, arbitrary: bestEffort },
    { weight: 1, arbitrary: atLeast },
  ),
  // A fold is abandoned when all its callers have left.
  leaves: fc.constantFrom(true, true, true, false),
});
const clock = fc.record({
  what: fc.constant('clock' as const),
  byUs: fc.constantFrom(999n, 1_000n, 49_000n, -1n, -(10n ** 9n)),
});
const page = fc.record({ what: fc.constant('page' as const), which: fc.constantFrom(0, 0, 1) });
const leave = fc.record({ what: fc.constant('leave' as const) });
const fault = fc.record({
  what: fc.constant('fault' as const),
  verb: fc.constantFrom<FaultyVerb[]>('get', 'put', 'deletePrefix'),
  times: fc.integer({ min: 1, max: 2 }),
});
const herd = fc.record({
  what: fc.constant('herd' as const),
  stream,
  freshness: fc.oneof(bestEffort, atLeast),
  callers: fc.integer({ min: 2, max: 5 }),
});
const hang = fc.record({
  what: fc.constant('hang' as const),
  verb: fc.constantFrom<FaultyVerb[]>('get', 'put', 'put', 'deletePrefix'),
  how: fc.constantFrom<Hanging[]>('late', 'late', 'never', 'unanswered'),
});
const stall = fc.record({ what: fc.constant('stall' as const), where: fc.constantFrom<StallPlace[]>('head', 'event') });
const resume = fc.record({ what: fc.constant('resume' as const) });
const rewrite = fc.record({ what: fc.constant('rewrite' as const), stream, erases: fc.boolean() });
const restoring = { what: fc.constant('restore' as const), share: fc.constantFrom(0, 0.5, 0.8) };
const restore = fc.record({ ...restoring, grown: fc.option(event, { nil: undefined, freq: 2 }) });

const makers = fc.shuffledSubarray([...projectionMakers], { minLength: 2, maxLength: 2 });

export const concurrentSettings: fc.Arbitrary<ConcurrentSettings> = fc.record({
  makers,
  answersLater: fc.boolean(),
  timesOut: fc.boolean(),
  verifyEvery: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined, freq: 2 }),
  hasCheckpoints: fc.boolean(),
});

/** Each history leaves out some kinds of events, so that the others are tested by themselves. */
export const concurrentSteps: fc.Arbitrary<ConcurrentStep[]> = fc
  .subarray([leave, page, clock, herd, fault, hang, stall, resume, rewrite, restore] as fc.Arbitrary<ConcurrentStep>[])
  .chain((some) => fc.array(fc.oneof(append, append, call, call, call, call, ...some), { maxLength: 40, size: 'max' }));

const consistentCall = fc.record({
  what: fc.constant('call' as const),
  stream: fc.constant('a'),
  which: fc.constant(0),
  freshness: fc.constant(Freshness.consistent),
  leaves: fc.constant(false),
});
const bestEffortCall = fc.record({
  what: fc.constant('call' as const),
  stream: fc.constant('a'),
  which: fc.constant(0),
  freshness: bestEffort,
  leaves: fc.constant(false),
});
const callOfA = fc.oneof(
  { weight: 3, arbitrary: consistentCall as fc.Arbitrary<ConcurrentStep> },
  { weight: 1, arbitrary: bestEffortCall },
);
const rewriteOfA = rewrite.map((rewritten) => ({ ...rewritten, stream: 'a' }));
const hangOfPut = fc.record({
  what: fc.constant('hang' as const),
  verb: fc.constant<FaultyVerb>('put'),
  how: fc.constantFrom<Hanging[]>('late', 'late', 'unanswered'),
});
const appendToA = append.map((appended) => ({ ...appended, stream: 'a' }));

/** Mostly settings in which a write may land after the invalidation that overtook it. */
export const invalidationSettings: fc.Arbitrary<ConcurrentSettings> = fc.record({
  makers,
  answersLater: fc.constantFrom(true, true, true, false),
  timesOut: fc.constantFrom(true, true, true, false),
  verifyEvery: fc.constant(undefined),
  hasCheckpoints: fc.boolean(),
});

/** Callers before, during and after the rewriting and invalidation of a stream, and a write that hangs. */
export const aroundInvalidation: fc.Arbitrary<ConcurrentStep[]> = fc
  .tuple(
    fc.array(fc.oneof(appendToA as fc.Arbitrary<ConcurrentStep>, callOfA), { maxLength: 3 }),
    appendToA,
    fc.option(hangOfPut, { freq: 2 }),
    fc.array(callOfA, { minLength: 1, maxLength: 2 }),
    rewriteOfA,
    fc.array(
      fc.oneof({ weight: 9, arbitrary: callOfA }, { weight: 1, arbitrary: hang as fc.Arbitrary<ConcurrentStep> }),
      {
        minLength: 2,
        maxLength: 12,
      },
    ),
  )
  .map(([before, appended, hanging, begun, rewritten, after]) => {
    const hangs = hanging === null ? [] : [hanging];
    return [...before, appended, ...hangs, ...begun, rewritten, ...after];
  });

/** Settings in which only checkpoints show that a log was restored. */
export const restoreSettings: fc.Arbitrary<ConcurrentSettings> = fc.record({
  makers,
  answersLater: fc.boolean(),
  timesOut: fc.constant(false),
  verifyEvery: fc.constant(undefined),
  hasCheckpoints: fc.constant(true),
});

/** Callers that find and continue cached states before, during and after restores, mostly of logs that have grown again. */
export const aroundRestores: fc.Arbitrary<ConcurrentStep[]> = fc
  .array(
    fc.tuple(
      appendToA as fc.Arbitrary<ConcurrentStep>,
      callOfA,
      appendToA,
      callOfA,
      fc.record({ ...restoring, grown: fc.option(event, { nil: undefined, freq: 4 }) }),
      callOfA,
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((rounds) => rounds.flat());
