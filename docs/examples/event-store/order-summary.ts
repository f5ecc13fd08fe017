import type { Projection } from '../../../src/index.ts';
import type { OrderEvent } from './order-event.ts';

/** The state that a page about an order shows. */
export interface OrderSummary {
  /** Cents by item. */
  readonly items: Readonly<Record<string, number>>;
  readonly shipped: boolean;
}

/** An erased order has no state, and the cache remembers that. */
export const orderSummary: Projection<OrderSummary, OrderEvent> = {
  name: 'summary',
  // Increase it whenever the same events must give another state.
  version: 1,
  initial: () => ({ items: {}, shipped: false }),
  apply: (state, event) => {
    switch (event.type) {
      case 'ItemAdded':
        return { ...state, items: { ...state.items, [event.data.item]: event.data.cents } };
      case 'ItemRemoved': {
        const { [event.data.item]: _removed, ...items } = state.items;
        return { ...state, items };
      }
      case 'OrderShipped':
        return { ...state, shipped: true };
      case 'OrderErased':
        return undefined;
    }
  },
};
