import fc from 'fast-check';
import { Freshness } from '../../src/projection/freshness.ts';
import { type HistoryEvent, type ProjectionMaker, projectionMakers } from './history-projections.ts';

/** One thing that happens, at a time of the scheduler's choosing after the one before. */
export type Happening =
  | { readonly what: 'append'; readonly stream: string; readonly events: readonly HistoryEvent[] }
  | {
      readonly what: 'call';
      readonly stream: string;
      readonly which: number;
      readonly freshness: Freshness;
      readonly leaves: boolean;
    }
  /** The callers that may leave, leave. */
  | { readonly what: 'leave' }
  | { readonly what: 'clock'; readonly byUs: bigint }
  | { readonly what: 'fault'; readonly verb: 'get' | 'put'; readonly times: number }
  /** The events of a stream are rewritten in place, and then it is invalidated. */
  | { readonly what: 'rewrite'; readonly stream: string }
  /** The log is restored to its first events and gets another identity. */
  | { readonly what: 'restore'; readonly share: number };

export interface ConcurrentSettings {
  /** The two that are asked for. */
  readonly makers: readonly ProjectionMaker[];
  readonly answersLater: boolean;
  readonly verifyEvery: number | undefined;
}

// Mostly the same, so that callers meet.
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
const call = fc.record({
  what: fc.constant('call' as const),
  stream,
  which: fc.constantFrom(0, 0, 0, 0, 1),
  freshness: fc.oneof(
    { weight: 3, arbitrary: fc.constant(Freshness.consistent) },
    { weight: 1, arbitrary: fc.constantFrom(1, 50).map((maxStaleMs) => Freshness.bestEffort({ maxStaleMs })) },
  ),
  // A fold is given up when all who share it have left.
  leaves: fc.constantFrom(true, true, true, false),
});
const clock = fc.record({
  what: fc.constant('clock' as const),
  byUs: fc.constantFrom(999n, 1_000n, 49_000n, -1n, -(10n ** 9n)),
});
const leave = fc.record({ what: fc.constant('leave' as const) });
const fault = fc.record({
  what: fc.constant('fault' as const),
  verb: fc.constantFrom('get' as const, 'put' as const),
  times: fc.integer({ min: 1, max: 2 }),
});
const rewrite = fc.record({ what: fc.constant('rewrite' as const), stream });
const restore = fc.record({ what: fc.constant('restore' as const), share: fc.constantFrom(0, 0.5, 0.8) });

export const concurrentSettings: fc.Arbitrary<ConcurrentSettings> = fc.record({
  makers: fc.shuffledSubarray([...projectionMakers], { minLength: 2, maxLength: 2 }),
  answersLater: fc.boolean(),
  verifyEvery: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined, freq: 2 }),
});

/** Happenings of one kind are left out in some histories, so that others are looked at by themselves. */
export const happenings: fc.Arbitrary<Happening[]> = fc
  .subarray([leave, clock, fault, rewrite, restore] as fc.Arbitrary<Happening>[])
  .chain((some) => fc.array(fc.oneof(append, append, call, call, call, call, ...some), { maxLength: 40, size: 'max' }));
