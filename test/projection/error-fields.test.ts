/*
 * Why this test: the log of an application that serves a thousand streams must say which one failed, and how far a fold
 * came, without anybody taking a message to pieces.
 */
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, type Way, ways } from './ways.ts';

async function failure(act: () => unknown): Promise<StoreError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe.each(ways)('errors of $way', ({ make }: Way) => {
  const stream = 'order:1';

  function filled(): ProjectorSetup {
    const setup = new ProjectorSetup();
    for (const amount of [1, 2, 3]) setup.log.append(stream, amount);
    return setup;
  }

  test('SOURCE_INVALID names the stream, the projection, and how many events were read', async () => {
    const setup = filled();
    const source: EventReader<Change> = {
      head: () => 40n,
      read: (name, kinds, after) => setup.log.read(name, kinds, after),
    };
    const error = await failure(() => make(setup, {}, source).project(totals, stream));
    const fields = { code: 'SOURCE_INVALID', stream, projection: 'totals', eventsRead: 3 };
    expect(error).toMatchObject(fields);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name: 'StoreError', ...fields });
    const headless = { ...source, head: () => 7 as unknown as bigint };
    const early = await failure(() => make(setup, {}, headless).project(totals, stream));
    expect(early).toMatchObject({ ...fields, eventsRead: 0 });
  });

  test('REPLAY_BUDGET too', async () => {
    const projector = make(filled(), { replayBudget: { events: 2 } });
    const error = await failure(() => projector.project(totals, stream));
    expect(error).toMatchObject({ code: 'REPLAY_BUDGET', stream, projection: 'totals', eventsRead: 2 });
  });

  test('STATE_CODEC too, and the message has the path in the state', async () => {
    const priced: Projection<{ lines: { price: unknown }[] }, Change> = {
      name: 'priced',
      initial: () => ({ lines: [] }),
      apply: ({ lines }, { amount }) => ({ lines: [...lines, { price: BigInt(amount) }] }),
    };
    const error = await failure(() => make(filled()).project(priced, stream));
    expect(error).toMatchObject({ code: 'STATE_CODEC', stream, projection: 'priced', eventsRead: 3 });
    expect(error.message).toBe(
      "the codec of 'priced' could not encode its state for 'order:1': JSON cannot hold lines[0].price (bigint): use a codec that can encode it",
    );
  });
});

test('callers that share a fold get the same fields', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1, 2);
  setup.log.failure = { afterEvents: 1, error: new Error('connection lost') };
  setup.events.close();
  const projector = setup.projector({ replayBudget: { events: 1 } });
  const calls = [projector.project(totals, 'a'), projector.project(totals, 'a')].map((call) => failure(() => call));
  await settle();
  await setup.events.open();
  for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'REPLAY_BUDGET', stream: 'a' });
});

test('CACHE_FAILED of an invalidation has the stream', async () => {
  const setup = new GatedSetup();
  setup.deletes.close();
  const timers: (() => void)[] = [];
  const startTimer = (act: () => void): (() => void) => {
    timers.push(act);
    return () => {};
  };
  const invalidated = failure(() => setup.projector({ cache: setup.asyncCache, startTimer }).invalidate('a'));
  await settle();
  for (const act of timers) act();
  const error = await invalidated;
  expect(error).toMatchObject({ code: 'CACHE_FAILED', stream: 'a' });
  expect('projection' in error).toBe(false);
});

test('an error of the store has none of them, not even as undefined', () => {
  expect(Object.keys(new StoreError('IO', 'failed'))).toEqual(expect.not.arrayContaining(['stream', 'projection']));
});
