/*
 * docs/errors.md states that a mutation that throws has changed nothing, and lists the exceptions. Here every call of the
 * storage fails once in every mutation, in every mode, and each change that a failed mutation has made must be on that list
 * - and each exception of the list must occur.
 */
import { describe, expect, test } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { someMeta, textOf } from './cache-fixtures.ts';

/** A record with this body and one with that padding fill the smallest write buffer, of 131,072 bytes. */
const BODY = new Uint8Array(100_000);
const PADDING = new Uint8Array(31_000);
/** Never fits into a buffer that holds something, such as evictions. */
const LARGE = new Uint8Array(131_072);

/** Little more than the entries before a mutation take. */
const maxBytes = 350_000;

interface Mutation {
  readonly keys: readonly string[];
  readonly run: (cache: LogCache) => unknown;
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  put: { keys: ['order:new'], run: (cache) => cache.put('order:new', LARGE, someMeta) },
  'put over an entry': { keys: ['order:2'], run: (cache) => cache.put('order:2', BODY.subarray(1), someMeta) },
  putMany: {
    keys: ['order:2', 'order:new'],
    run: (cache) => cache.putMany(['order:2', 'order:new'].map((key) => [key, BODY.subarray(2), someMeta] as const)),
  },
  delete: { keys: ['order:2'], run: (cache) => cache.delete('order:2') },
  deletePrefix: { keys: ['order:1', 'order:2', 'order:3'], run: (cache) => cache.deletePrefix('order:') },
};

/** The size of each entry under its key. */
type Contents = Readonly<Record<string, number>>;

function contentsOf(cache: LogCache): Contents {
  return Object.fromEntries([...cache.entries()].map(([key, { value }]) => [textOf(key), value.length]));
}

/** A cache whose write buffer is full, so that every mutation has to write; nothing has failed so far. */
function filled(options: LogCacheOptions): { readonly storage: FaultStorage; readonly cache: LogCache } {
  const storage = new FaultStorage();
  const cache = LogCache.open('cache', { storage, pageCacheBytes: 524_288, ...options });
  for (const key of ['order:1', 'order:2', 'order:3']) cache.put(key, BODY, someMeta);
  cache.put('padding', PADDING.subarray(8), someMeta);
  return { storage, cache };
}

/** What a failed mutation of `keys` has changed; `done` is what it changes when it succeeds. */
function changeOf(keys: readonly string[], before: Contents, after: Contents, done: Contents): string {
  const others = Object.keys({ ...before, ...after }).filter((key) => !keys.includes(key));
  if (others.some((key) => after[key] !== before[key] && after[key] !== undefined)) return 'other';
  if (keys.every((key) => after[key] === done[key])) return 'accepted';
  if (keys.some((key) => after[key] !== before[key])) return 'other';
  return others.some((key) => after[key] !== before[key]) ? 'evicted' : 'none';
}

/** Fails each call of the storage in turn; returns the changes of the mutations that threw, each once. */
function changesOfFailures(options: LogCacheOptions, { keys, run }: Mutation, errno: string): string[] {
  const example = filled(options);
  const first = example.storage.operations.length;
  run(example.cache);
  const calls = example.storage.operations.length - first;
  const done = contentsOf(example.cache);
  const changes = new Set<string>();
  for (let failing = 0; failing < calls; failing += 1) {
    const { storage, cache } = filled(options);
    const before = contentsOf(cache);
    const start = storage.operations.length;
    storage.rule = ({ number }) => (number === start + failing ? { fail: errno } : undefined);
    let hasThrown = false;
    try {
      run(cache);
    } catch {
      hasThrown = true;
    }
    storage.rule = undefined;
    if (hasThrown) changes.add(changeOf(keys, before, contentsOf(cache), done));
  }
  return [...changes].sort();
}

/** The lead words of the list of exceptions in docs/errors.md. */
function documentedExceptions(): string[] {
  const [, list = ''] =
    /has left the entries as they were.*?:\n\n(.*?)\n\n/s.exec(repositoryText('docs/errors.md')) ?? [];
  return [...list.matchAll(/^- \*\*`?(.*?)`?\.?\*\*/gm)].map(([, lead = '']) => lead);
}

describe.each(['ENOSPC', 'EIO'])('a mutation that throws because of %s', (errno) => {
  test.each(Object.entries(MUTATIONS))(
    '%s has changed nothing, but for the documented exceptions',
    (name, mutation) => {
      const evicts = name === 'put' || name === 'putMany';
      expect(changesOfFailures({}, mutation, errno)).toEqual(['none']);
      expect(changesOfFailures({ durability: 'on-put' }, mutation, errno)).toEqual(['accepted']);
      expect(changesOfFailures({ maxBytes }, mutation, errno)).toEqual(evicts ? ['evicted', 'none'] : ['none']);
      expect(changesOfFailures({ maxBytes, durability: 'on-put' }, mutation, errno)).toEqual(
        evicts ? ['accepted', 'evicted'] : ['accepted'],
      );
    },
  );
});

test('the exceptions in docs/errors.md are these two', () => {
  expect(documentedExceptions()).toEqual(["durability: 'on-put'", 'maxBytes']);
});
