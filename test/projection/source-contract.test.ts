// The result of an event source that fails or breaks its contract: an error for the caller, and nothing cached.
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { EventReader, RecordedEvent } from '../../src/projection/event-reader.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';
import { type AnyProjector, ProjectorSetup, ways } from './ways.ts';

const event: Change = { kind: 'added', amount: 1 };
const at = (...sequences: unknown[]) => sequences.map((sequence) => ({ sequence, event }) as RecordedEvent<Change>);

test.each([null, undefined, 42, {}])('a read that returns %s: SOURCE_INVALID', async (read) => {
  const { cache } = new ProjectorSetup();
  const source = { head: () => 10n, read: () => read } as unknown as EventReader<Change>;
  const message = expect.stringContaining('its `read` must return an iterable or an async iterable of events');
  for (const projector of [new Projector({ cache, source }), new AsyncProjector({ cache, source })]) {
    expect(await failureOf(projector)).toMatchObject({ code: 'SOURCE_INVALID', message });
  }
});

test('an iterator whose results are null: SOURCE_INVALID', async () => {
  const { cache } = new ProjectorSetup();
  const events = { [Symbol.iterator]: () => ({ next: () => null }) };
  const source = { head: () => 10n, read: () => events } as unknown as EventReader<Change>;
  const message = expect.stringContaining('it has undefined among its events');
  for (const projector of [new Projector({ cache, source }), new AsyncProjector({ cache, source })]) {
    expect(await failureOf(projector)).toMatchObject({ code: 'SOURCE_INVALID', message });
  }
});

test('the callers of a Projector cannot leave: `read` gets no signal', () => {
  const { cache } = new ProjectorSetup();
  const options: unknown[] = [];
  const source: EventReader<Change> = {
    head: () => 10n,
    read: (_stream, _kinds, _after, given) => {
      options.push(given);
      return at(10n);
    },
  };
  new Projector({ cache, source }).project(totals, 'a');
  expect(options).toStrictEqual([{ upTo: 10n }]);
});

async function failureOf(projector: AnyProjector): Promise<unknown> {
  try {
    return await projector.project(totals, 'a');
  } catch (error) {
    return error;
  }
}

describe.each(ways)('$way', ({ make }) => {
  test.each<[string, bigint, RecordedEvent<Change>[], string]>([
    ['out of order', 40n, at(10n, 30n, 20n, 40n), 'event 20 came after 30: sequences must ascend'],
    ['twice', 30n, at(10n, 10n, 30n), 'event 10 came after 10: sequences must ascend'],
    ['ending below the head', 30n, at(10n, 20n), 'its events end at 20 though the head is 30'],
    ['without any event', 30n, [], 'its events end without any event though the head is 30'],
    ['with a number for a sequence', 30n, at(10), 'an event has the sequence 10 (number): it must be a u64'],
    ['without a sequence', 30n, at(undefined), 'an event has the sequence undefined'],
    ['with a sequence below zero', 30n, at(-1n), 'an event has the sequence -1'],
    ['with a sequence beyond u64', 2n ** 64n - 1n, at(2n ** 64n), 'an event has the sequence 18446744073709551616'],
    ['with null in place of one', 30n, [...at(10n), null as never], 'it has null among its events'],
    ['with undefined in place of one', 30n, [undefined as never], 'it has undefined among its events'],
    ['of which one is null', 30n, [{ sequence: 10n, event: null as never }], 'the event at 10 (bigint) is null'],
    ['of which one is left out', 30n, [{ sequence: 10n } as never], 'the event at 10 (bigint) is undefined'],
  ])('events %s: SOURCE_INVALID', async (_what, head, events, message) => {
    const setup = new ProjectorSetup();
    let closed = 0;
    const source: EventReader<Change> = {
      head: () => head,
      *read() {
        try {
          yield* events;
        } finally {
          closed += 1;
        }
      },
    };
    const error = await failureOf(make(setup, {}, source));
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'SOURCE_INVALID', message: expect.stringContaining(message) });
    expect([setup.cache.calls.put, closed]).toEqual([0, 1]);
  });

  test.each([
    ['null', null],
    ['a number', 30],
    ['negative', -1n],
    ['beyond u64', 2n ** 64n],
  ])('a head that is %s: SOURCE_INVALID', async (_what, head) => {
    const setup = new ProjectorSetup();
    const source = { head: () => head, read: () => at(10n, 30n) } as unknown as EventReader<Change>;
    const error = await failureOf(make(setup, {}, source));
    expect(error).toMatchObject({ code: 'SOURCE_INVALID', message: expect.stringContaining('its head is') });
    expect(setup.cache.calls.put).toBe(0);
  });

  test('0 and the greatest u64 are sequences', async () => {
    for (const sequence of [0n, 2n ** 64n - 1n]) {
      const source: EventReader<Change> = { head: () => sequence, read: () => at(sequence) };
      const { state, report } = await make(new ProjectorSetup(), {}, source).projectWithReport(totals, 'a');
      expect([state, report.watermark]).toEqual([{ sum: 1, count: 1 }, sequence]);
    }
  });

  test('a reader that ignores `after`: SOURCE_INVALID says so, and the cached state stays', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    await make(setup).project(totals, 'a');
    setup.log.append('a', 2);
    const source: EventReader<Change> = {
      head: (stream, kinds) => setup.log.head(stream, kinds),
      // Ignores `after`.
      read: (stream, kinds) => setup.log.read(stream, kinds),
    };
    const error = await failureOf(make(setup, {}, source));
    const message = expect.stringContaining('its `read` returned event 10 for `after` 10: it must skip events up to');
    expect(error).toMatchObject({ code: 'SOURCE_INVALID', message });
    const [[, entry] = []] = setup.cache.inner.entries();
    expect(entry?.meta.watermark).toBe(10n);
  });

  test('a read whose result is not iterable: SOURCE_INVALID', async () => {
    const setup = new ProjectorSetup();
    const source = { head: () => 10n, read: () => 42 } as unknown as EventReader<Change>;
    const later = failureOf(make(setup, {}, source));
    // With the asynchronous reader of these tests, a result that is not iterable is an error of that reader.
    expect(String(await later)).toMatch(/iterable/);
  });

  test('a source that throws in head: its error reaches the caller', async () => {
    const setup = new ProjectorSetup();
    const failure = new Error('head failed');
    const source: EventReader<Change> = {
      head: () => {
        throw failure;
      },
      read: () => [],
    };
    expect(await failureOf(make(setup, {}, source))).toBe(failure);
  });

  test('a source that throws in the middle: its error reaches the caller, and nothing is cached', async () => {
    const setup = new ProjectorSetup();
    for (const amount of [1, 2, 3]) setup.log.append('a', amount);
    const failure = new Error('connection lost');
    setup.log.failure = { afterEvents: 2, error: failure };
    const projector = make(setup);
    expect(await failureOf(projector)).toBe(failure);
    expect([setup.cache.calls.put, setup.log.eventsRead]).toEqual([0, 2]);
    setup.log.failure = undefined;
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.outcome, report.refusal]).toEqual([{ sum: 6, count: 3 }, 'replay', 'absent']);
  });

  test('apply that throws: its error reaches the caller, the read is closed, and nothing is cached', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const failure = new Error('unknown kind');
    const projection = {
      ...totals,
      apply: () => {
        throw failure;
      },
    };
    const projector = make(setup);
    await expect((async () => projector.project(projection, 'a'))()).rejects.toBe(failure);
    expect([setup.cache.calls.put, setup.log.readsClosed]).toEqual([0, 1]);
  });

  test('a read that fails to close: its error is thrown, unless another one ended the fold', async () => {
    const setup = new ProjectorSetup();
    const closing = new Error('close failed');
    const source = (events: readonly RecordedEvent<Change>[]): EventReader<Change> => ({
      head: () => 10n,
      read: () => ({
        [Symbol.iterator]: () => {
          const iterator = events[Symbol.iterator]();
          return {
            next: () => iterator.next(),
            return: () => {
              throw closing;
            },
          };
        },
      }),
    });
    expect(await failureOf(make(setup, {}, source(at(10n))))).toBe(closing);
    expect(await failureOf(make(setup, {}, source([])))).toMatchObject({ code: 'SOURCE_INVALID' });
    expect(setup.cache.calls.put).toBe(0);
  });
});
