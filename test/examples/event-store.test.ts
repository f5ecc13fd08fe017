import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventStore, getInMemoryEventStore } from '@event-driven-io/emmett';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emmettReader } from '../../docs/examples/event-store/emmett-reader.ts';
import type { OrderEvent } from '../../docs/examples/event-store/order-event.ts';
import { orderSummary } from '../../docs/examples/event-store/order-summary.ts';
import { runStoreExample } from '../../docs/examples/event-store/store-example.ts';
import { type AsyncEventReader, AsyncProjector, LogCache, MemoryStorage, NoCache } from '../../src/index.ts';
import { builtScript, runBuilt } from '../scripts/built-script.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'event-store-test-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the example: each result, and its outcome', async () => {
  const steps = await runStoreExample(join(directory, 'cache'), 'a store');
  const tea = { tea: 450 };
  const pot = { tea: 450, pot: 3_900 };
  expect(steps.map(({ state, report }) => [report.outcome, report.eventsRead, report.joined, state])).toEqual([
    ['replay', 3, false, { items: tea, shipped: false }],
    ['hit', 0, false, { items: tea, shipped: false }],
    ['hit', 0, false, { items: tea, shipped: false }],
    ['delta', 1, false, { items: pot, shipped: false }],
    ['delta', 1, false, { items: pot, shipped: true }],
    ['delta', 1, true, { items: pot, shipped: true }],
    ['hit', 0, false, { items: pot, shipped: true }],
    ['replay', 6, false, undefined],
    ['hit', 0, false, undefined],
  ]);
});

test('with another identity, as after a restore, no cached state is used', async () => {
  const place = join(directory, 'twice');
  await runStoreExample(place, 'one store');
  const [first] = await runStoreExample(place, 'another store');
  expect(first?.report).toMatchObject({ outcome: 'replay', refusal: 'absent' });
});

test('npm run demo:event-store prints the results', async () => {
  const run = runBuilt(await builtScript(new URL('../../docs/examples/event-store/main.ts', import.meta.url)), []);
  expect([run.status, run.err]).toEqual([0, '']);
  const lines = run.out.trimEnd().split('\n');
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^first call +replay, events read: 3$/),
    '  {"items":{"tea":450},"shipped":false}',
  ]);
  expect(lines.slice(-2)).toEqual([expect.stringMatching(/^after its erasure +hit, events read: 0$/), '  no state']);
  expect(lines.filter((line) => /^\S.*events read: \d$/.test(line))).toHaveLength(9);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

describe('emmettReader', () => {
  const item = (name: string): OrderEvent => ({ type: 'ItemAdded', data: { item: name, cents: 1 } });
  const shipped: OrderEvent = { type: 'OrderShipped', data: { address: 'x' } };

  async function filled(): Promise<{ store: EventStore; reader: AsyncEventReader<OrderEvent> }> {
    const store = getInMemoryEventStore();
    await store.appendToStream<OrderEvent>('other', [item('x')]);
    await store.appendToStream<OrderEvent>('order', [item('a'), shipped, item('b')]);
    return { store, reader: emmettReader(store, 'store') };
  }

  async function read(
    reader: AsyncEventReader<OrderEvent>,
    kinds: readonly string[],
    after?: bigint,
  ): Promise<bigint[]> {
    const sequences: bigint[] = [];
    for await (const { sequence } of reader.read('order', kinds, after)) sequences.push(sequence);
    return sequences;
  }

  test('reads heads and events by their positions in the stream, of all types or of some', async () => {
    const { reader } = await filled();
    const heads = [[], ['OrderShipped'], ['OrderErased']].map((kinds) => reader.head('order', kinds));
    expect(await Promise.all(heads)).toEqual([3n, 2n, undefined]);
    expect(await reader.head('absent', [])).toBe(undefined);
    expect(await reader.head('absent', ['OrderShipped'])).toBe(undefined);
    expect([await read(reader, []), await read(reader, [], 2n), await read(reader, [], 3n)]).toEqual([
      [1n, 2n, 3n],
      [3n],
      [],
    ]);
    expect(await read(reader, ['ItemAdded'], 1n)).toEqual([3n]);
  });

  test('projects the result of a full replay, whatever was cached before', async () => {
    const { store, reader } = await filled();
    const cache = LogCache.open('cache', { storage: new MemoryStorage() });
    const cached = new AsyncProjector({ cache, source: reader });
    const replayed = new AsyncProjector({ cache: new NoCache(), source: reader });
    for (const event of [item('c'), shipped, { type: 'OrderErased', data: {} } as const, item('d')]) {
      await store.appendToStream<OrderEvent>('order', [event]);
      for (const projection of [orderSummary, { ...orderSummary, name: 'items', kinds: ['ItemAdded'] }]) {
        expect(await cached.project(projection, 'order')).toEqual(await replayed.project(projection, 'order'));
      }
    }
    expect(cached.stats()).toMatchObject({ replays: 2, deltas: 4, hits: 2 });
  });
});
