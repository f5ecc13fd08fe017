import { type EventStore, getInMemoryEventStore } from '@event-driven-io/emmett';
import { AsyncProjector, Freshness, LogCache, type ProjectionReport } from '../../../src/index.ts';
import { emmettReader } from './emmett-reader.ts';
import type { OrderEvent } from './order-event.ts';
import { type OrderSummary, orderSummary } from './order-summary.ts';

/** One result that the application got, and its outcome. */
export interface Step {
  readonly what: string;
  readonly state: OrderSummary | undefined;
  readonly report: ProjectionReport;
}

/**
 * An application with orders in an event store and a cache in `directory`. `identity` names the store. The store lives
 * in memory and starts empty in every process, so its name must be new in every process too.
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
    await show('first call');
    await show('asked again');

    await append(store, 'order-507', [{ type: 'ItemAdded', data: { item: 'pot', cents: 3_900 } }]);
    await show('at most a minute old', Freshness.bestEffort({ maxStaleMs: 60_000 }));
    await show('as it is now');

    await append(store, 'order-507', [{ type: 'OrderShipped', data: { address: 'Harbour 7' } }]);
    await Promise.all([show('first of two concurrent calls'), show('second of them')]);

    cache.close();
    cache = LogCache.open(directory);
    projector = new AsyncProjector({ cache, source: emmettReader(store, identity) });
    await show('after a restart');

    await append(store, 'order-507', [{ type: 'OrderErased', data: {} }]);
    await projector.invalidate('order-507');
    await show('erased');
    await show('after its erasure');
    return steps;
  } finally {
    cache.close();
  }
}

async function append(store: EventStore, stream: string, events: OrderEvent[]): Promise<void> {
  await store.appendToStream(stream, events);
}
