import type { Event } from '@event-driven-io/emmett';

type ItemAdded = Event<'ItemAdded', { readonly item: string; readonly cents: number }>;
type ItemRemoved = Event<'ItemRemoved', { readonly item: string }>;
type OrderShipped = Event<'OrderShipped', { readonly address: string }>;
type OrderErased = Event<'OrderErased'>;

/** The events of an order. */
export type OrderEvent = ItemAdded | ItemRemoved | OrderShipped | OrderErased;
