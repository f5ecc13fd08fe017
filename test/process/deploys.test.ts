/*
 * Why this test: docs/projections.md says how a new process follows an old one that has the directory open. Each way is tried
 * here with two processes, also when the old one is killed instead of ended.
 */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { StandbyCache } from '../../src/cache/standby-cache.ts';
import { Projector } from '../../src/projection/projector.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { Orders, total } from '../docs/order-store.ts';
import { builtScript } from '../scripts/built-script.ts';
import { ChildScript } from './child-script.ts';

const script: URL = await builtScript(new URL('./actor.ts', import.meta.url));

async function oldProcess(directory: string): Promise<ChildScript> {
  const actor = new ChildScript(script, [directory]);
  onTestFinished(() => actor.kill());
  for (const line of ['open', 'put order:9 old', 'sync']) expect(await actor.ask(line)).toBe('done');
  return actor;
}

test.each(['close', 'kill'])('hand over: the new process waits until the old one has ended by %s', async (ending) => {
  const directory = temporaryDirectory();
  const old = await oldProcess(directory);
  const opening = LogCache.openAsync(directory, { waitForLockMs: 60_000 });
  if (ending === 'kill') await old.kill();
  else expect(await old.ask('close')).toBe('done');
  const cache = await opening;
  onTestFinished(() => cache.close());
  expect(cache.has('order:9')).toBe(true);
  expect(cache.stats().recovery.clean).toBe(ending === 'close');
});

test('start in memory and move in: calls are answered before and after, and what was projected is in the directory', async () => {
  const directory = temporaryDirectory();
  const old = await oldProcess(directory);
  const cache = new StandbyCache();
  const projector = new Projector({ cache, source: new Orders() });
  const moved = LogCache.openAsync(directory, { waitForLockMs: 60_000 }).then((disk) => {
    cache.moveInto(disk);
    return disk;
  });
  expect(projector.project(total, 'order:1')).toBe(18);
  expect(cache.hasMoved).toBe(false);
  expect(await old.ask('close')).toBe('done');
  const disk = await moved;
  onTestFinished(() => disk.close());
  expect(cache.hasMoved).toBe(true);
  expect(projector.project(total, 'order:1')).toBe(18);
  expect(projector.stats()).toMatchObject({ replays: 1, hits: 1 });
  // The entry of the old process and that of the new one.
  expect([disk.has('order:9'), disk.size]).toEqual([true, 2]);
});

test('a directory for each instance: neither waits for the other', async () => {
  const root = temporaryDirectory();
  await oldProcess(join(root, 'instance-0'));
  const cache = LogCache.open(join(root, 'instance-1'));
  onTestFinished(() => cache.close());
  expect(cache.size).toBe(0);
});
