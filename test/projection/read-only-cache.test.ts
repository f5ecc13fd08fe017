/*
 * Processes that only read project from the cache that another one writes. A projector that wrote to it would report a failure
 * for each stale state, and lose time with it.
 */
import { describe, expect, test } from 'vitest';
import { AsyncProjector, type CacheFailureEvent, LogCache, MemoryStorage, Projector } from '../../src/index.ts';
import { MemoryLog } from './memory-log.ts';
import { totals } from './totals.ts';

function written() {
  const storage = new MemoryStorage();
  const source = new MemoryLog();
  const writer = LogCache.open('cache', { storage });
  const reader = LogCache.open('cache', { storage, readOnly: true });
  const failures: CacheFailureEvent[] = [];
  const onCacheFailure = (failure: CacheFailureEvent): unknown => failures.push(failure);
  return { source, writer, reader, failures, options: { source, cache: reader, onCacheFailure } };
}

describe('a projector of a read-only cache', () => {
  test('uses what the writer has cached, folds the rest, and writes nothing', () => {
    const { source, writer, reader, failures, options } = written();
    source.append('order:1', 5);
    const projector = new Projector(options);
    expect(projector.projectWithReport(totals, 'order:1')).toMatchObject({
      state: { sum: 5 },
      report: { outcome: 'replay' },
    });
    new Projector({ source, cache: writer }).project(totals, 'order:1');
    writer.sync();
    reader.refresh();
    expect(projector.projectWithReport(totals, 'order:1')).toMatchObject({
      state: { sum: 5 },
      report: { outcome: 'hit' },
    });
    source.append('order:1', 7);
    const { state, report } = projector.projectWithReport(totals, 'order:1');
    expect(state?.sum).toBe(12);
    expect(report).toMatchObject({ outcome: 'delta', eventsRead: 1, cacheFailures: [] });
    expect(failures).toEqual([]);
    expect(() => projector.invalidate('order:1')).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
  });

  test('does so asynchronously too', async () => {
    const { source, failures, options } = written();
    source.append('order:1', 5);
    const projector = new AsyncProjector(options);
    expect((await projector.project(totals, 'order:1'))?.sum).toBe(5);
    await projector.flush();
    expect(failures).toEqual([]);
  });
});
