/** The event log, here a file with one event per line, and the projection: both the build and the handler use them. */
import { readFileSync } from 'node:fs';

const file = process.env.EVENT_LOG ?? 'events.jsonl';

function eventsOf(stream) {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const recorded = lines.map((line, index) => ({ sequence: BigInt(index + 1), event: JSON.parse(line) }));
  return recorded.filter(({ event }) => `order:${event.order}` === stream);
}

export const source = {
  identity: process.env.EVENT_LOG_ID ?? 'orders-1',
  head: (stream) => eventsOf(stream).at(-1)?.sequence,
  read: (stream, _kinds, after = 0n) => eventsOf(stream).filter(({ sequence }) => sequence > after),
};

export const orderTotal = {
  name: 'order-total',
  version: 1,
  initial: () => ({ items: 0, cents: 0 }),
  apply: ({ items, cents }, event) => ({ items: items + 1, cents: cents + event.cents }),
};

/** The streams whose states are shipped. */
export function streams() {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return [...new Set(lines.map((line) => `order:${JSON.parse(line).order}`))];
}
