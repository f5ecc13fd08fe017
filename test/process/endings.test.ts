import { describe, expect, test } from 'vitest';
import type { LogCache } from '../../src/cache/log-cache.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { openFor, temporaryDirectory, valueText } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { eventsInto } from '../store/event-collector.ts';
import { ChildScript, type Ending } from './child-script.ts';

const script: URL = await builtScript(new URL('./ending.ts', import.meta.url));

/** What a process that ended without closing its cache has left. */
async function leftBy(way: string): Promise<{ ending: Ending; cache: LogCache; pid: number; events: StoreEvent[] }> {
  const directory = temporaryDirectory();
  const child = new ChildScript(script, [directory, way], way === 'error' ? 'ignore' : 'inherit');
  const ending = await child.ended();
  const events: StoreEvent[] = [];
  const cache = openFor(directory, { onEvent: eventsInto(events) });
  return { ending, cache, pid: child.pid, events };
}

describe('a process that ends without closing its cache', () => {
  test('because it has nothing left to do leaves the puts of its last turn, and a lock that is taken over', async () => {
    const { ending, cache, pid, events } = await leftBy('natural');
    expect(ending).toEqual({ code: 0, signal: null });
    expect(valueText(cache, 'first')).toBe('state');
    expect(valueText(cache, 'last')).toBe('state');
    expect(events[0]).toEqual({ type: 'lock-taken-over', from: expect.stringContaining(`process ${pid} `) });
  });

  test('is not kept alive by the background sync', async () => {
    const { ending, cache } = await leftBy('timer');
    expect(ending).toEqual({ code: 0, signal: null });
    expect(valueText(cache, 'last')).toBe('state');
  });

  test.each([
    ['exit', 3],
    ['error', 1],
  ])('by %s leaves all of its earlier turns and a cache that opens', async (way, code) => {
    const { ending, cache } = await leftBy(way);
    expect(ending).toEqual({ code, signal: null });
    expect(valueText(cache, 'first')).toBe('state');
    expect(['state', undefined]).toContain(valueText(cache, 'last'));
    expect(cache.stats().recovery).toMatchObject({ damaged: [], entriesLost: 0, forgotten: false });
    expect(cache.verify().ok).toBe(true);
  });
});
