/*
 * docs/operations.md says what an operator sees in each situation, what to do and what is lost. Each section is a story here,
 * and each message that it shows is one that a story has met.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { encodeFileHeader, FORMAT_VERSION } from '../../src/log/file-header.ts';
import { Projector } from '../../src/projection/projector.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { type DiskCall, type Fault, FaultStorage, faultAt } from '../../src/testing/index.ts';
import { keyTexts, metaAt, openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { WindowsFs } from '../faults/windows-fs.ts';
import { ChildScript } from '../process/child-script.ts';
import { builtScript } from '../scripts/built-script.ts';
import { eventsInto, typesInto } from '../store/event-collector.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { closedStore, Orders, projectOnce, total, withCache } from './order-store.ts';
import { documentedFormOf, documentedMessages, sections, thrownBy, watchedEvents } from './runbook.ts';

const met = new Set<string>();

/** The code of the error that `call` throws; its message must be on the page. */
function failureOf(call: () => unknown): string {
  const { code, message } = thrownBy(call);
  met.add(documentedFormOf(message));
  return code;
}

/** A disk without space: writes and new files fail. */
function noSpace({ verb }: DiskCall): Fault | undefined {
  return verb === 'write' || verb === 'create' || verb === 'lock' ? { fail: 'ENOSPC' } : undefined;
}

const actor: URL = await builtScript(new URL('../process/actor.ts', import.meta.url));

function actorOn(directory: string): ChildScript {
  const process = new ChildScript(actor, [directory]);
  onTestFinished(() => process.kill());
  return process;
}

const stories: Record<string, () => void | Promise<void>> = {
  'The disk is full': async () => {
    const storage = new FaultStorage();
    const events: string[] = [];
    const cache = LogCache.open('store', { storage, onEvent: typesInto(events) });
    cache.put('synced', utf8('state'), someMeta);
    cache.sync();
    storage.rule = noSpace;
    cache.put('accepted', utf8('state'), someMeta);
    await new Promise(setImmediate);
    expect(events).toEqual(['background-write-failed']);
    expect(failureOf(() => cache.put('refused', utf8('state'), someMeta))).toBe('IO');
    expect(failureOf(() => cache.sync())).toBe('IO');
    expect([valueText(cache, 'synced'), valueText(cache, 'accepted')]).toEqual(['state', 'state']);
    // A process that ends now leaves what was synced; a reader opens it, a writer cannot.
    const ended = new FaultStorage({ image: storage.image(), rule: noSpace });
    expect(failureOf(() => LogCache.open('store', { storage: ended }))).toBe('IO');
    const reader = LogCache.open('store', { storage: ended, readOnly: true });
    expect(keyTexts(reader)).toEqual(['synced']);
    // Other files are deleted: the same process continues.
    storage.rule = undefined;
    cache.sync();
    expect(events.at(-1)).toBe('background-writes-resumed');
    cache.put('later', utf8('state'), someMeta);
    cache.close();
    expect(keyTexts(LogCache.open('store', { storage }))).toEqual(['accepted', 'later', 'synced']);
  },

  Damage: () => {
    const directory = closedStore('a', 'b', 'c');
    const log = join(directory, '000001.log');
    const bytes = readFileSync(log);
    bytes.write('X', bytes.indexOf('state of b'));
    writeFileSync(log, bytes);
    rmSync(join(directory, '000001.index'));
    const events: StoreEvent[] = [];
    const cache = openFor(directory, { onEvent: eventsInto(events) });
    expect(events[0]).toMatchObject({ type: 'quarantined', bytes: expect.any(Number) });
    expect(events[1]).toMatchObject({ type: 'recovered', report: { damaged: [expect.anything()], entriesLost: 1 } });
    expect(keyTexts(cache)).toEqual(['a', 'c']);
    expect(cache.verify().ok).toBe(true);
    const [corrupt = ''] = readdirSync(directory).filter((name) => name.endsWith('.corrupt'));
    expect(readFileSync(join(directory, corrupt)).length).toBeGreaterThan(0);
    // While the store is open.
    rmSync(join(directory, corrupt));
    cache.put('b', utf8('folded again'), someMeta);
    cache.close();
    events.length = 0;
    const again = openFor(directory, { onEvent: eventsInto(events) });
    expect([events, keyTexts(again), readdirSync(directory).sort()]).toEqual([
      [],
      ['a', 'b', 'c'],
      ['000002.index', '000002.log', 'LOCK'],
    ]);
  },

  'The directory is locked': async () => {
    const directory = closedStore('a');
    const other = actorOn(directory);
    expect(await other.ask('open')).toBe('done');
    expect(failureOf(() => LogCache.open(directory))).toBe('LOCKED');
    const reader = openFor(directory, { readOnly: true });
    expect(valueText(reader, 'a')).toBe('state of a');
    expect(await other.ask('close')).toBe('done');
    const cache = openFor(directory);
    expect(failureOf(() => LogCache.open(directory))).toBe('LOCKED');
    expect(failureOf(() => LogCache.unlock(directory))).toBe('LOCKED');
    cache.close();
    for (const line of ['lease 300', 'open']) expect(await other.ask(line)).toBe('done');
    expect(failureOf(() => LogCache.open(directory))).toBe('LOCKED');
    await other.kill();
    // As a power cut or another program leaves it.
    writeFileSync(join(directory, 'LOCK'), '');
    expect(failureOf(() => LogCache.open(directory))).toBe('LOCKED');
    LogCache.unlock(directory);
    const unlocked = openFor(directory);
    expect(valueText(unlocked, 'a')).toBe('state of a');
    unlocked.close();
    // On Windows, while the owner of a lock that was removed has the file open.
    const windows = new WindowsFs();
    const onWindows = { storage: new NodeStorage(windows.platform()) };
    const owner = openFor(directory, onWindows);
    windows.fs.unlinkSync(join(directory, 'LOCK'));
    expect(failureOf(() => LogCache.open(directory, onWindows))).toBe('LOCKED');
    owner.put('b', utf8('state'), someMeta);
    expect(thrownBy(() => owner.sync()).code).toBe('POISONED');
    expect(valueText(openFor(directory, onWindows), 'a')).toBe('state of a');
  },

  'Writing has stopped': () => {
    const storage = new FaultStorage();
    const events: string[] = [];
    const cache = LogCache.open('store', { storage, onEvent: typesInto(events) });
    cache.put('synced', utf8('state'), someMeta);
    cache.sync();
    storage.rule = faultAt({ verb: 'sync' }, { fail: 'EIO', loss: 'dropped' });
    cache.put('lost', utf8('state'), someMeta);
    expect(failureOf(() => cache.sync())).toBe('POISONED');
    expect(thrownBy(() => cache.sync()).message).toContain('could not sync');
    expect(failureOf(() => cache.put('later', utf8('state'), someMeta))).toBe('POISONED');
    expect(events).toEqual(['poisoned']);
    expect(valueText(cache, 'synced')).toBe('state');
    const projector = new Projector({ cache, source: new Orders() });
    expect([projector.project(total, 'order:1'), projector.project(total, 'order:1')]).toEqual([18, 18]);
    expect(projector.stats()).toMatchObject({ replays: 2, cacheFailures: 2 });
    cache.close();
    expect(keyTexts(LogCache.open('store', { storage }))).toEqual(['synced']);

    // The other reason: a person deleted `LOCK`.
    const directory = closedStore('a');
    const unlocked = openFor(directory);
    rmSync(join(directory, 'LOCK'));
    unlocked.put('b', utf8('state'), someMeta);
    expect(failureOf(() => unlocked.sync())).toBe('POISONED');
    expect(thrownBy(() => unlocked.sync()).message).toContain(
      'the lock was taken by another process, its lease has ended, or the directory is gone',
    );
    unlocked.close();
    expect(keyTexts(openFor(directory))).toEqual(['a']);
  },

  'It is slow': async () => {
    const directory = join(temporaryDirectory(), 'store');
    expect(withCache(directory, (cache) => projectOnce(cache))).toEqual([18, 'replay', 3]);
    expect(withCache(directory, (cache) => projectOnce(cache))).toEqual([18, 'hit', 0]);
    // An identity or a version that differs on each start.
    const renamed = Object.assign(new Orders(), { identity: 'orders-2' });
    expect(withCache(directory, (cache) => projectOnce(cache, renamed))).toEqual([18, 'replay', 3]);
    const versioned = { ...total, version: 2 };
    expect(withCache(directory, (cache) => projectOnce(cache, new Orders(), versioned))).toEqual([18, 'replay', 3]);
    // A directory that is new each time.
    const fresh = withCache(temporaryDirectory(), (cache) => [cache.stats().recovery.generation, projectOnce(cache)]);
    expect(fresh).toEqual([0, [18, 'replay', 3]]);
    // A bound that is smaller than what is in use.
    const small = openFor(temporaryDirectory(), { maxBytes: 100 });
    for (let at = 0; at < 5; at += 1) small.put(`order:${at}`, utf8('state'), someMeta);
    expect(small.stats().counters.evictions).toBe(3);
    // A killed process leaves no image; one that was closed, or compacted at a quiet time, does.
    const imageAfter = async (...lines: readonly string[]): Promise<boolean> => {
      const place = join(temporaryDirectory(), 'store');
      const writer = actorOn(place);
      for (const line of ['open', 'put order:1 state', ...lines]) expect(await writer.ask(line)).toBe('done');
      await writer.kill();
      return withCache(place, (cache) => cache.stats().recovery.imageUsed);
    };
    expect([await imageAfter('sync'), await imageAfter('compact'), await imageAfter('close')]).toEqual([
      false,
      true,
      true,
    ]);
  },

  'The wrong directory': () => {
    const parent = temporaryDirectory();
    const file = join(parent, 'file');
    writeFileSync(file, '');
    expect(failureOf(() => LogCache.open(file))).toBe('IO');
    expect(failureOf(() => LogCache.open(join(parent, 'absent'), { readOnly: true }))).toBe('IO');
    expect(withCache(join(parent, 'mistyped'), (cache) => cache.stats().recovery.generation)).toBe(0);

    const newer = join(parent, 'newer');
    mkdirSync(newer);
    writeFileSync(join(newer, '000001.log'), encodeFileHeader({ version: FORMAT_VERSION + 1, generation: 1, salt: 7 }));
    expect(failureOf(() => LogCache.open(newer))).toBe('INCOMPATIBLE');

    // As LevelDB has it.
    const foreign = join(parent, 'foreign');
    mkdirSync(foreign);
    const files = { CURRENT: 'MANIFEST-000002\n', '000003.log': 'of another program '.repeat(10), LOCK: '' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(foreign, name), text);
    expect(failureOf(() => LogCache.open(foreign))).toBe('LOCKED');
    expect(readdirSync(foreign).sort()).toEqual(['000003.log', 'CURRENT', 'LOCK']);
    LogCache.unlock(foreign);
    withCache(foreign, () => {});
    const names = readdirSync(foreign);
    expect(names).toEqual(expect.arrayContaining(['CURRENT', '000003.log.0.corrupt']));
    expect(names).not.toContain('000003.log');
  },

  'It grows': () => {
    const cache = openFor(temporaryDirectory());
    for (let at = 0; at < 5_000; at += 1) cache.put(`key of thirty-two bytes ${at}`, utf8('state'), someMeta);
    const { indexBytes, liveBytes } = cache.stats();
    expect(indexBytes).toBeGreaterThan(5_000 * 40);
    cache.deletePrefix('');
    expect(cache.stats().indexBytes).toBeLessThan(indexBytes);
    expect(cache.stats().logBytes).toBeGreaterThan(liveBytes);
    cache.compact();
    expect(cache.stats().logBytes).toBeLessThan(1_000);
    // What a deploy leaves behind.
    const source = new Orders();
    projectOnce(cache, source);
    const renewed = { ...total, version: 2 };
    projectOnce(cache, source, renewed);
    expect(cache.size).toBe(2);
    expect(new Projector({ cache, source }).sweep([renewed])).toBe(1);
    const bounded = openFor(temporaryDirectory(), { maxBytes: 10_000 });
    for (let at = 0; at < 1_000; at += 1) bounded.put(`order:${at}`, utf8('state'), someMeta);
    expect(bounded.stats().liveBytes).toBeLessThanOrEqual(10_000);
  },

  'Delete it': () => {
    const directory = join(temporaryDirectory(), 'store');
    expect(withCache(directory, (cache) => projectOnce(cache))).toEqual([18, 'replay', 3]);
    rmSync(directory, { recursive: true });
    expect(withCache(directory, (cache) => projectOnce(cache))).toEqual([18, 'replay', 3]);
    expect(withCache(directory, (cache) => projectOnce(cache))).toEqual([18, 'hit', 0]);
    // A log alone: the rest is no store.
    rmSync(join(directory, '000001.log'));
    expect(withCache(directory, (cache) => projectOnce(cache))).toEqual([18, 'replay', 3]);
    // While the process runs.
    const cache = openFor(directory);
    rmSync(directory, { recursive: true });
    expect(projectOnce(cache)).toEqual([18, 'hit', 0]);
    cache.put('order:2', utf8('state'), someMeta);
    expect(failureOf(() => cache.sync())).toBe('POISONED');
    expect(projectOnce(cache)).toEqual([18, 'hit', 0]);
    cache.close();
    expect(existsSync(directory)).toBe(false);
    expect(withCache(directory, (again) => projectOnce(again))).toEqual([18, 'replay', 3]);
  },

  Backups: async () => {
    const parent = temporaryDirectory();
    const [directory, backup] = [join(parent, 'store'), join(parent, 'backup')];
    const source = new Orders();
    withCache(directory, (cache) => projectOnce(cache, source));
    cpSync(directory, backup, { recursive: true });
    source.amounts.push(1);
    withCache(directory, (cache) => projectOnce(cache, source));
    // A backup of the open store: refused where something is, and whole where nothing is.
    withCache(directory, (cache) => {
      const refused = join(parent, 'refused');
      mkdirSync(refused);
      writeFileSync(join(refused, 'anything'), '');
      expect(failureOf(() => cache.backup(refused))).toBe('IO');
      cache.backup(join(parent, 'live'));
      expect(cache.backup(join(parent, 'live-2'))).toMatchObject({ entries: 1, recordsDamaged: 0 });
    });
    expect(withCache(join(parent, 'live'), (cache) => projectOnce(cache, source))).toEqual([19, 'hit', 0]);
    // One that was interrupted is refused, and so is another into its directory.
    writeFileSync(join(parent, 'live-2', 'UNFINISHED-BACKUP'), '');
    expect(failureOf(() => LogCache.open(join(parent, 'live-2'), { readOnly: true }))).toBe('INCOMPATIBLE');
    withCache(directory, (cache) => {
      expect(failureOf(() => cache.backup(join(parent, 'live-2')))).toBe('IO');
    });
    // Damage that may hide a deletion ends a backup.
    const disk = new FaultStorage();
    const damaged = LogCache.open('store', { storage: disk });
    damaged.put('key', utf8('state'), someMeta);
    damaged.sync();
    disk.openDirectory('store', { create: false }).open('000001.log', 'write')?.write(new Uint8Array(8), 0, 8, 48);
    expect(failureOf(() => damaged.backup('copy'))).toBe('CORRUPT');
    damaged.compact();
    expect(damaged.backup('copy').entries).toBe(damaged.size);
    // An old copy in an empty place is brought up to date.
    rmSync(directory, { recursive: true });
    cpSync(backup, directory, { recursive: true });
    expect(withCache(directory, (cache) => projectOnce(cache, source))).toEqual([19, 'delta', 1]);
    // An old copy over a newer generation is ignored.
    withCache(directory, (cache) => {
      projectOnce(cache, source);
      cache.put('newer', utf8('state'), metaAt(1));
      cache.delete('newer');
      cache.compact();
    });
    cpSync(backup, directory, { recursive: true });
    expect(withCache(directory, (cache) => projectOnce(cache, source))).toEqual([19, 'hit', 0]);
    // A copy of an open store is locked for every other process.
    const copy = join(parent, 'copy');
    const cache = openFor(directory);
    cpSync(directory, copy, { recursive: true });
    const other = actorOn(copy);
    expect(await other.ask('open')).toMatch(
      /^LOCKED .* or that this directory is a copy, run: npx projection-cache unlock /,
    );
    LogCache.unlock(copy);
    expect(await other.ask('open')).toBe('done');
    cache.close();
  },
};

test.each(Object.entries(stories))('%s', async (_section, story) => {
  await story();
});

test('every event is in the table of what to watch', () => {
  const types = [...repositoryText('src/store/store-event.ts').matchAll(/readonly type: '([\w-]+)'/g)];
  expect([...watchedEvents].sort()).toEqual(types.map(([, type]) => type).sort());
});

test('every section that says what is lost is a story', () => {
  expect(sections).toEqual(Object.keys(stories));
});

test('every message on the page was met in a story', () => {
  expect([...documentedMessages].filter((message) => !met.has(message))).toEqual([]);
});
