import { type EventStore, getInMemoryEventStore } from '@event-driven-io/emmett';
import { AsyncProjector, Freshness, LogCache, type ProjectionReport } from '../../../src/index.ts';
import { emmettReader } from './emmett-reader.ts';
import type { OrderEvent } from './order-event.ts';
import { type OrderSummary, orderSummary } from './order-summary.ts';

/** One answer that an application got, and how it came about. */
export interface Step {
  readonly what: string;
  readonly state: OrderSummary | undefined;
  readonly report: ProjectionReport;
}

/**
 * An application with orders in an event store and a cache in `directory`. `identity` names the store, which lives in
 * memory: as it begins anew in every process, so must its name.
 */
export async function runStoreExample(directory: string, identity: string): Promise<Step[]> {
  const store = getInMemoryEventStore();
  const steps: Step[] = [];
  let cache = LogCache.open(directory);
  try {
    let projector = new AsyncProjector({ cache, source: emmettReader(store, identity) });
    const show = async (what: string, freshness: Freshness = Freshness.consistent): Promise<void> => {
      steps.push({ what, ...(await projector.projectWithReport(orderSummary, 'order-507', freshness)) });
    };

    await append(store, 'order-507', [
      { type: 'ItemAdded', data: { item: 'tea', cents: 450 } },
      { type: 'ItemAdded', data: { item: 'cup', cents: 1_200 } },
      { type: 'ItemRemoved', data: { item: 'cup' } },
    ]);
    await show('asked for the first time');
    await show('asked again');

    await append(store, 'order-507', [{ type: 'ItemAdded', data: { item: 'pot', cents: 3_900 } }]);
    await show('at most a minute old', Freshness.bestEffort({ maxStaleMs: 60_000 }));
    await show('as it is now');

    await append(store, 'order-507', [{ type: 'OrderShipped', data: { address: 'Harbour 7' } }]);
    await Promise.all([show('asked by one of two at once'), show('asked by the other')]);

    cache.close();
    cache = LogCache.open(directory);
    projector = new AsyncProjector({ cache, source: emmettReader(store, identity) });
    await show('after a restart');

    await append(store, 'order-507', [{ type: 'OrderErased', data: {} }]);
    await projector.invalidate('order-507');
    await show('erased');
    await show('erased, asked again');
    return steps;
  } finally {
    cache.close();
  }
}

async function append(store: EventStore, stream: string, events: OrderEvent[]): Promise<void> {
  await store.appendToStream(stream, events);
}
