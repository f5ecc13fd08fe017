/*
 * Why this test: a projection that reads two kinds of events had to distinguish all of them in `apply`, or to cast. The
 * compiler checks the `@ts-expect-error` lines: without the error that they expect, the type check fails.
 */
import { expect, expectTypeOf, test } from 'vitest';
import { defineProjection, type EventOfKind } from '../../src/projection/defined-projection.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import { TestCache } from './test-cache.ts';

type OrderEvent =
  | { readonly kind: 'added'; readonly cents: number }
  | { readonly kind: 'removed'; readonly cents: number }
  | { readonly kind: 'noted'; readonly text: string };
type TypedEvent = { readonly type: 'opened'; readonly by: string } | { readonly type: 'shut'; readonly at: number };

const total = defineProjection<OrderEvent>()({
  name: 'total',
  kinds: ['added', 'removed'],
  initial: () => ({ cents: 0 }),
  apply: ({ cents }, event) => {
    expectTypeOf(event).toEqualTypeOf<Exclude<OrderEvent, { kind: 'noted' }>>();
    return { cents: cents + (event.kind === 'added' ? event.cents : -event.cents) };
  },
});

test('apply has the events of the kinds, and the result is a projection of all events', () => {
  expectTypeOf(total).toEqualTypeOf<Projection<{ cents: number }, OrderEvent>>();
  const events: readonly OrderEvent[] = [
    { kind: 'added', cents: 5 },
    { kind: 'noted', text: 'gift' },
    { kind: 'removed', cents: 2 },
  ];
  const source = {
    head: () => 3n,
    read: (_stream: string, kinds: readonly string[]) =>
      events
        .map((event, at) => ({ sequence: BigInt(at + 1), event }))
        .filter(({ event }) => kinds.includes(event.kind)),
  };
  const projector = new Projector<OrderEvent>({ cache: new TestCache(), source });
  const state = projector.project(total, 'order:1');
  expectTypeOf(state).toEqualTypeOf<{ cents: number } | undefined>();
  expect(state).toEqual({ cents: 3 });
});

test('events may have a type in place of a kind', () => {
  expectTypeOf<EventOfKind<TypedEvent, 'shut'>>().toEqualTypeOf<{ readonly type: 'shut'; readonly at: number }>();
  const shut = defineProjection<TypedEvent>()({
    name: 'shut',
    kinds: ['shut'],
    initial: () => 0,
    apply: (_last, { at }) => at,
  });
  expectTypeOf(shut).toEqualTypeOf<Projection<number, TypedEvent>>();
  // Events without either are not narrowed.
  expectTypeOf<EventOfKind<{ readonly cents: number }, 'any'>>().toEqualTypeOf<{ readonly cents: number }>();
});

test('mistakes do not compile, and are refused without a compiler', () => {
  const define = defineProjection<OrderEvent>();
  const parts = { name: 'p', initial: () => 0, apply: () => 0 };
  // @ts-expect-error - no event has this kind
  expect(define({ ...parts, kinds: ['addded'] }).kinds).toEqual(['addded']);
  // @ts-expect-error - every kind would reach `apply`
  expect(() => define({ ...parts, kinds: [] })).toThrow('kinds of defineProjection must be an array with at least one');
  // @ts-expect-error - as above
  expect(() => define(parts)).toThrow(TypeError);
  // @ts-expect-error - `added` has no text
  const wrong = define({ ...parts, kinds: ['added'], apply: (_state, event) => event.text.length });
  expect(wrong.name).toBe('p');
  expect(() => define(null as never)).toThrow('projection must be an object');
});
