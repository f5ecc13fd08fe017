/*
 * Why this test: a deploy starts the new process before the old one has ended, and a container is killed where no other
 * process can see that it is gone. Both used to end with LOCKED, the second one always.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { eventsInto } from '../store/event-collector.ts';
import { ChildScript } from './child-script.ts';
import { noNamespaces, ownNamespace } from './lease-fight.ts';

const script: URL = await builtScript(new URL('./actor.ts', import.meta.url));

function actorOn(directory: string, within: readonly string[] = []): ChildScript {
  const actor = new ChildScript(script, [directory], 'inherit', within);
  onTestFinished(() => actor.kill());
  return actor;
}

async function openLater(directory: string, options: LogCacheOptions & { signal?: AbortSignal }): Promise<LogCache> {
  const cache = await LogCache.openAsync(directory, options);
  onTestFinished(() => cache.close());
  return cache;
}

describe('opening a directory that another process has open', () => {
  test('waits until that process has closed it', async () => {
    const directory = temporaryDirectory();
    const actor = actorOn(directory);
    for (const line of ['open', 'put order:1 old', 'sync']) expect(await actor.ask(line)).toBe('done');
    const events: StoreEvent[] = [];
    // The thread is blocked from here on, so the other process closes by itself.
    expect(await actor.ask('close-later 300')).toBe('done');
    const cache = openFor(directory, { waitForLockMs: 60_000, onEvent: eventsInto(events) });
    expect(valueText(cache, 'order:1')).toBe('old');
    expect(events).toEqual([
      { type: 'lock-awaited', waitMs: 60_000, error: expect.objectContaining({ code: 'LOCKED' }) },
    ]);
  });

  test('waits without blocking in openAsync, and takes over what was written meanwhile', async () => {
    const directory = temporaryDirectory();
    const actor = actorOn(directory);
    expect(await actor.ask('open')).toBe('done');
    const opening = openLater(directory, { waitForLockMs: 60_000 });
    for (const line of ['put order:1 last-words', 'sync', 'close']) expect(await actor.ask(line)).toBe('done');
    expect(valueText(await opening, 'order:1')).toBe('last-words');
  });

  test('throws LOCKED when the time is over', async () => {
    const directory = temporaryDirectory();
    openFor(directory);
    const actor = actorOn(directory);
    expect(await actor.ask('open 100')).toMatch(/^LOCKED .*close it there, open it with readOnly: true, or wait/);
    await expect(LogCache.openAsync(directory, { waitForLockMs: 100 })).rejects.toMatchObject({ code: 'LOCKED' });
    await expect(LogCache.openAsync(directory)).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test('ends with the reason of an abort, and leaves nothing behind', async () => {
    const directory = temporaryDirectory();
    const held = openFor(directory);
    const reason = new Error('shutting down');
    const controller = new AbortController();
    const opening = LogCache.openAsync(directory, { waitForLockMs: 60_000, signal: controller.signal });
    await sleep(30);
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect(LogCache.openAsync(directory, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    held.close();
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
    await openLater(directory, {});
  });

  test('a reader does not wait', () => {
    const directory = temporaryDirectory();
    const held = openFor(directory);
    held.put('order:1', utf8('state'), someMeta);
    held.sync();
    expect(valueText(openFor(directory, { readOnly: true, waitForLockMs: 60_000 }), 'order:1')).toBe('state');
  });
});

describe('opening a directory that this process has open', () => {
  test.each([
    ['files', () => ({})],
    ['memory', () => ({ storage: new MemoryStorage() })],
  ])('in %s does not block: no code could close it', (_, make) => {
    const [directory, options] = [temporaryDirectory(), make()];
    openFor(directory, options);
    const events: StoreEvent[] = [];
    const onEvent = eventsInto(events);
    expect(() => LogCache.open(directory, { ...options, waitForLockMs: 2 ** 31 - 1, onEvent })).toThrow(
      expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining('close it there first') }),
    );
    expect(events).toEqual([]);
  });

  test.each([
    ['files', () => ({})],
    ['memory', () => ({ storage: new MemoryStorage() })],
  ])('in %s waits in openAsync until it is closed', async (_, make) => {
    const [directory, options] = [temporaryDirectory(), make()];
    const old = openFor(directory, options);
    const opening = openLater(directory, { ...options, waitForLockMs: 60_000 });
    old.put('order:1', utf8('state'), someMeta);
    old.close();
    expect(valueText(await opening, 'order:1')).toBe('state');
  });
});

test('a thread that must not block is sent to openAsync, and no lock is left', () => {
  const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    throw new TypeError('Atomics.wait cannot be called in this context');
  });
  onTestFinished(() => wait.mockRestore());
  const locked = new StoreError('LOCKED', 'open elsewhere');
  const directory = new MemoryStorage().openDirectory('cache', { create: true });
  const storage = { openDirectory: () => Object.assign(directory, { lock: () => raise(locked) }) };
  expect(() => LogCache.open('cache', { storage, waitForLockMs: 10 })).toThrow(/must not block: use openAsync/);
  expect(() => LogCache.open('cache', { storage })).toThrow(locked);
});

function raise(error: Error): never {
  throw error;
}

describe.skipIf(noNamespaces !== undefined)(`a container (${noNamespaces ?? 'a real pid namespace'})`, () => {
  test('that is killed while its lock has a lease does not lock out the next one', async () => {
    const directory = temporaryDirectory();
    const first = actorOn(directory, ownNamespace);
    for (const line of ['lease 300', 'open', 'put order:1 state', 'sync']) expect(await first.ask(line)).toBe('done');
    await first.kill();
    // As a supervisor would restart it, with the same options.
    const second = actorOn(directory, ownNamespace);
    for (const line of ['lease 300', 'open']) expect(await second.ask(line)).toBe('done');
    expect(await second.ask('get order:1')).toBe('state');
    expect(JSON.parse(readFileSync(join(directory, 'LOCK'), 'utf8'))).toMatchObject({ leaseMs: 300 });
  });

  test('that runs is not taken over, however long another one waits', async () => {
    const directory = temporaryDirectory();
    const first = actorOn(directory, ownNamespace);
    for (const line of ['lease 300', 'open', 'put order:1 state', 'sync']) expect(await first.ask(line)).toBe('done');
    const second = actorOn(directory, ownNamespace);
    expect(await second.ask('open 1500')).toMatch(/^LOCKED .*waitForLockMs: 600 \(its lease of 300 ms ends/);
    for (const line of ['put order:2 state', 'sync', 'close']) expect(await first.ask(line)).toBe('done');
    expect(await second.ask('open')).toBe('done');
    expect(await second.ask('get order:2')).toBe('state');
  });
});

test.each([
  { options: { waitForLockMs: -1 }, error: /waitForLockMs must be an integer from 0/ },
  { options: { waitForLockMs: 1.5 }, error: /waitForLockMs must be an integer from 0/ },
  { options: { waitForLockMs: '5' }, error: /waitForLockMs must be a number/ },
  { options: { lock: { leaseMs: 99 } }, error: /lock\.leaseMs must be an integer from 100/ },
  { options: { lock: {} }, error: /lock\.leaseMs must be a number/ },
  { options: { lock: 10_000 }, error: /options of lock must be an object with leaseMs/ },
  { options: { lock: { leaseMS: 10_000 } }, error: /have no leaseMS: did you mean leaseMs\?/ },
  { options: { waitForLock: 5 }, error: /have no waitForLock: did you mean waitForLockMs\?/ },
])('the options $options are refused', async ({ options, error }) => {
  const directory = temporaryDirectory();
  expect(() => LogCache.open(directory, options as LogCacheOptions)).toThrow(error);
  await expect(LogCache.openAsync(directory, options as LogCacheOptions)).rejects.toThrow(error);
  await expect(LogCache.openAsync('')).rejects.toThrow('directory must be a non-empty string');
});
