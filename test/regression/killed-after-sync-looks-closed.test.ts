/*
 * A process was killed right after a sync. Its log needed no repair, so the next opening emitted no `recovered` and reported
 * `clean: true`: an operator could not tell the kill from a `close`, although the lock that was left behind proved it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import type { LogCacheStats } from '../../src/store/store-stats.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { ChildScript } from '../process/child-script.ts';
import { builtScript } from '../scripts/built-script.ts';
import { eventsInto } from '../store/event-collector.ts';

const script: URL = await builtScript(new URL('../process/actor.ts', import.meta.url));

/** A directory in which another process has synced an entry and still runs. */
async function writing(): Promise<{ readonly directory: string; readonly writer: ChildScript }> {
  const directory = temporaryDirectory();
  const writer = new ChildScript(script, [directory]);
  onTestFinished(() => writer.kill());
  for (const line of ['open', 'put order:1 state', 'sync']) expect(await writer.ask(line)).toBe('done');
  return { directory, writer };
}

/** What the next opening reports; the cache is closed again. */
function nextOpening(directory: string, readOnly = false): Pick<LogCacheStats, 'recovery'> & { events: StoreEvent[] } {
  const events: StoreEvent[] = [];
  const cache = LogCache.open(directory, { readOnly, onEvent: eventsInto(events) });
  const { recovery, counters } = cache.stats();
  expect(counters.recoveries).toBe(recovery.clean ? 0 : 1);
  expect(cache.has('order:1')).toBe(true);
  cache.close();
  return { recovery, events };
}

const NOTHING_REPAIRED = { tornBytes: 0, damaged: [], entriesLost: 0, forgotten: false };

describe('after a sync', () => {
  test('a kill is reported as an unclean end in which nothing was lost, once', async () => {
    const { directory, writer } = await writing();
    await writer.kill();
    const { recovery, events } = nextOpening(directory);
    expect(recovery).toMatchObject({ ...NOTHING_REPAIRED, clean: false });
    expect(events).toEqual([
      { type: 'lock-taken-over', from: expect.stringContaining(`process ${writer.pid} `) },
      { type: 'recovered', report: recovery },
    ]);
    expect(nextOpening(directory)).toMatchObject({ recovery: { clean: true }, events: [] });
  });

  test('a close is a clean end, also when its image is gone', async () => {
    const { directory, writer } = await writing();
    expect(await writer.ask('close')).toBe('done');
    await writer.kill();
    expect(nextOpening(directory)).toMatchObject({ recovery: { clean: true, imageUsed: true }, events: [] });
    rmSync(join(directory, '000001.index'));
    expect(nextOpening(directory)).toMatchObject({ recovery: { clean: true, imageUsed: false }, events: [] });
  });

  test('a kill looks like a close once the lock was removed by hand', async () => {
    const { directory, writer } = await writing();
    await writer.kill();
    LogCache.unlock(directory);
    expect(nextOpening(directory)).toMatchObject({ recovery: { clean: true, imageUsed: false }, events: [] });
  });

  test('a reader beside the writer, or after its kill, finds its part of the log undamaged', async () => {
    const { directory, writer } = await writing();
    expect(nextOpening(directory, true)).toMatchObject({ recovery: { clean: true }, events: [] });
    await writer.kill();
    expect(nextOpening(directory, true)).toMatchObject({ recovery: { clean: true }, events: [] });
  });
});
