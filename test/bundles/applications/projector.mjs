// Projections, cached in memory, in a page.
import { LogCache, MemoryStorage, Projector } from 'projection-cache';

const events = [1n, 2n, 3n].map((sequence) => ({ sequence, event: { cents: Number(sequence) } }));
const source = {
  head: () => events.at(-1).sequence,
  read: (_stream, _kinds, after = 0n) => events.slice(Number(after)),
};
const total = { name: 'total', initial: () => 0, apply: (sum, { cents }) => sum + cents };

const cache = LogCache.open('orders', { storage: new MemoryStorage() });
const projector = new Projector({ cache, source });
const first = projector.projectWithReport(total, 'order:507');
events.push({ sequence: 4n, event: { cents: 4 } });
const second = projector.projectWithReport(total, 'order:507');
globalThis.answer = [first, second].map(({ state, report }) => `${state} ${report.outcome}`).join(', ');
