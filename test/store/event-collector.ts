import type { StoreEvent, StoreEventHandler } from '../../src/store/store-event.ts';

/** A handler that adds events to `events`, without `opened` and `closed`: every store emits those. */
export function eventsInto(events: StoreEvent[]): StoreEventHandler {
  return (event) => {
    if (event.type !== 'opened' && event.type !== 'closed') events.push(event);
  };
}

/** The same for the types of events. */
export function typesInto(types: string[]): StoreEventHandler {
  return ({ type }) => {
    if (type !== 'opened' && type !== 'closed') types.push(type);
  };
}
