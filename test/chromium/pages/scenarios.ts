import { OpfsStorage } from '../../../src/browser/index.ts';
import { LogCache, type StoreError } from '../../../src/index.ts';
import { seededRandom } from '../../../src/testing/index.ts';
import { runSuite, type Verdict } from './conformance.ts';
import { applyToCache, applyToModel, difference, type Model, operationOf, standsAfter } from './history.ts';

type Progress = (operation: number) => void;
type Scenario = (progress: Progress, ...args: readonly never[]) => Promise<unknown>;

const DIRECTORY = 'store';
const meta = { watermark: 1n, cachedAtUs: 0n };

/** What runs in a dedicated worker, by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  conformance,
  property,
  write,
  check,
  hold,
  tryToOpen,
  fill,
  afterTheQuota,
  importStore,
  exportStore,
  describeEntries,
  remove: async (_, name: string) => await OpfsStorage.remove(name),
};

async function conformance(): Promise<Verdict> {
  let storage: OpfsStorage | undefined;
  let opened = 0;
  const open = async (): Promise<LogCache> => {
    storage?.close();
    opened += 1;
    storage = await OpfsStorage.open(`conformance-${opened}`);
    return LogCache.open(DIRECTORY, { storage });
  };
  const reopen = async (cache: LogCache): Promise<LogCache> => {
    cache.close();
    storage?.close();
    storage = await OpfsStorage.open(`conformance-${opened}`);
    return LogCache.open(DIRECTORY, { storage });
  };
  const close = async (cache: LogCache): Promise<void> => {
    cache.close();
    storage?.close();
    await OpfsStorage.remove(`conformance-${opened}`);
  };
  return await runSuite({ name: 'OpfsStorage', open, reopen, close });
}

/** Random operations, syncs, compactions and reopenings, compared with a model. */
async function property(_: Progress, seed: number, operations: number): Promise<number> {
  const name = `property-${seed}`;
  const random = seededRandom(seed);
  const model: Model = new Map();
  let storage = await OpfsStorage.open(name);
  let cache = LogCache.open(DIRECTORY, { storage, pageCacheBytes: 524_288 });
  for (let number = 1; number <= operations; number += 1) {
    const operation = operationOf(seed, number);
    applyToCache(cache, operation, number);
    applyToModel(model, operation, number);
    const choice = random() % 200;
    if (choice < 8) cache.sync();
    if (choice === 8) cache.compact();
    if (choice === 9) await cache.compactAsync();
    if (choice === 10 || choice === 11) {
      cache.close();
      storage.close();
      storage = await OpfsStorage.open(name);
      cache = LogCache.open(DIRECTORY, { storage, pageCacheBytes: 524_288 });
    }
    const found = choice < 12 ? difference(cache, model) : undefined;
    if (found !== undefined) throw new Error(`seed ${seed}, operation ${number}: ${found}`);
  }
  const { compactions } = cache.stats().counters;
  cache.close();
  storage.close();
  await OpfsStorage.remove(name);
  return compactions;
}

/** Writes until the worker ends, and reports each operation that a sync has covered. */
async function write(progress: Progress, seed: number, first: number): Promise<void> {
  const storage = await OpfsStorage.open('writes', { waitForLockMs: 10_000 });
  const cache = LogCache.open(DIRECTORY, { storage, pageCacheBytes: 524_288 });
  for (let number = first; ; number += 1) {
    applyToCache(cache, operationOf(seed, number), number);
    if (number % 7 === 0) {
      cache.sync();
      progress(number);
    }
    if (number % 400 === 0) cache.compact();
    if (number % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** The operation after which the store stands; it must not be before `synced`. */
async function check(
  _: Progress,
  seed: number,
  synced: number,
): Promise<{ readonly number: number; readonly openMs: number }> {
  const begun = performance.now();
  const storage = await OpfsStorage.open('writes', { waitForLockMs: 10_000 });
  const events: string[] = [];
  const cache = LogCache.open(DIRECTORY, { storage, onEvent: ({ type }) => events.push(type) });
  const openMs = performance.now() - begun;
  const { damaged } = cache.stats().recovery;
  if (damaged.length > 0) throw new Error(`a kill was reported as damage: ${JSON.stringify(damaged)}`);
  const { number } = standsAfter(cache, seed, synced);
  const problems = cache.verify();
  if (problems.damaged.length > 0) throw new Error(`verify found ${JSON.stringify(problems.damaged)}`);
  cache.close();
  storage.close();
  return { number, openMs };
}

const held: unknown[] = [];

/** Opens a cache and keeps it open. */
async function hold(_: Progress, name: string): Promise<void> {
  const storage = await OpfsStorage.open(name);
  const cache = LogCache.open(DIRECTORY, { storage });
  cache.put('key', new Uint8Array(3), meta);
  cache.sync();
  held.push(storage, cache);
}

/** The code of the error of opening, or what was found. */
async function tryToOpen(_: Progress, name: string, waitForLockMs: number): Promise<string> {
  try {
    const storage = await OpfsStorage.open(name, { waitForLockMs });
    const cache = LogCache.open(DIRECTORY, { storage });
    const found = `${cache.size} entries`;
    cache.close();
    storage.close();
    return found;
  } catch (error) {
    return `${(error as StoreError).code}: ${(error as StoreError).message}`;
  }
}

/** Puts until the quota is exhausted. Everything accepted must stay readable. */
async function fill(
  _: Progress,
  name: string,
): Promise<{ readonly accepted: number; readonly error: string; readonly lost: number }> {
  const storage = await OpfsStorage.open(name);
  const cache = LogCache.open(DIRECTORY, { storage });
  held.push(storage, cache);
  const value = new Uint8Array(50_000).fill(7);
  let accepted = 0;
  let failure = '';
  while (failure === '' && accepted < 10_000) {
    try {
      cache.put(`key:${accepted}`, value, meta);
      accepted += 1;
      if (accepted % 10 === 0) cache.sync();
    } catch (error) {
      const { code, message } = error as StoreError;
      failure = `${code}: ${message}`;
    }
  }
  let lost = 0;
  for (let at = 0; at < accepted; at += 1) if (cache.get(`key:${at}`)?.value.length !== value.length) lost += 1;
  return { accepted, error: failure, lost };
}

/** With more quota the same cache accepts puts again, and reopening finds everything. */
async function afterTheQuota(_: Progress, name: string): Promise<{ readonly before: number; readonly after: number }> {
  const [storage, cache] = held.splice(-2) as [OpfsStorage, LogCache];
  const putMore = (): void => cache.put('more', new Uint8Array(10), meta);
  try {
    putMore();
  } catch {
    // The failure of a write at the end of a turn is thrown by the next mutation, once.
    putMore();
  }
  cache.sync();
  const before = cache.size;
  cache.close();
  storage.close();
  const again = await OpfsStorage.open(name);
  const reopened = LogCache.open(DIRECTORY, { storage: again });
  const after = reopened.size;
  reopened.close();
  again.close();
  await OpfsStorage.remove(name);
  return { before, after };
}

type EncodedFiles = readonly (readonly [name: string, base64: string])[];

async function importStore(_: Progress, name: string, files: EncodedFiles): Promise<void> {
  const storage = await OpfsStorage.open(name);
  await storage.importFiles(DIRECTORY, new Map(files.map(([file, text]) => [file, fromBase64(text)])));
  storage.close();
}

async function exportStore(_: Progress, name: string): Promise<EncodedFiles> {
  const storage = await OpfsStorage.open(name);
  const files = storage.exportFiles(DIRECTORY);
  storage.close();
  return [...files].map(([file, bytes]) => [file, toBase64(bytes)]);
}

/** Adds an entry and returns all as text: keys and the sum of their bytes. */
async function describeEntries(_: Progress, name: string, added: string): Promise<readonly string[]> {
  const storage = await OpfsStorage.open(name);
  const cache = LogCache.open(DIRECTORY, { storage });
  if (added !== '') cache.put(added, new TextEncoder().encode(added), meta);
  const lines = [...cache.entries()].map(([key, { value, meta: found }]) => {
    return `${new TextDecoder().decode(key)}=${value.reduce((sum, byte) => sum + byte, 0)}@${found.watermark}`;
  });
  cache.close();
  storage.close();
  return lines;
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
