// Why these tests: some test runners and servers run code in separate realms, where `Uint8Array` is another class than
// in the realm of the suite. Bytes, metas, errors and promises of such a realm are accepted, and so is a Buffer.
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import { projectionCacheSuite } from '../../src/testing/index.ts';
import { failureOf } from './case-collector.ts';
import { MapCache } from './map-cache.ts';

interface Realm {
  readonly bytes: (bytes: Uint8Array) => Uint8Array;
  readonly clampedBytes: (bytes: Uint8Array) => Uint8Array;
  readonly object: <Fields extends object>(fields: Fields) => Fields;
  readonly error: (name: string, message: string) => Error;
  readonly promise: <Answer>(answer: Answer) => Promise<Answer>;
}

const otherRealm = runInNewContext(`({
  bytes: (bytes) => Uint8Array.from(bytes),
  clampedBytes: (bytes) => Uint8ClampedArray.from(bytes),
  object: (fields) => ({ ...fields }),
  error: (name, message) => new globalThis[name](message),
  promise: (answer) => Promise.resolve(answer),
})`) as Realm;

/** What it returns and throws was made in the other realm. */
class ForeignCache extends MapCache {
  override capabilities(): CacheCapabilities {
    return otherRealm.object(super.capabilities());
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = thrownThere(() => super.get(key));
    const { object, bytes } = otherRealm;
    return entry && object({ value: bytes(entry.value), meta: object(entry.meta) });
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    thrownThere(() => super.put(key, value, meta));
  }

  override deletePrefix(prefix: Uint8Array): number {
    return thrownThere(() => super.deletePrefix(prefix));
  }
}

class ClampedForeignCache extends ForeignCache {
  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    return entry && { ...entry, value: otherRealm.clampedBytes(entry.value) };
  }
}

class BufferCache extends MapCache {
  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    return entry && { ...entry, value: Buffer.from(entry.value) };
  }
}

function foreignPromises() {
  const cache = new ForeignCache();
  return {
    capabilities: () => cache.capabilities(),
    get: (key: Uint8Array) => otherRealm.promise(cache.get(key)),
    put: (key: Uint8Array, value: Uint8Array, meta: CacheMeta) => otherRealm.promise(cache.put(key, value, meta)),
    deletePrefix: (prefix: Uint8Array) => otherRealm.promise(cache.deletePrefix(prefix)),
    sync: () => otherRealm.promise(cache.sync()),
  };
}

function thrownThere<Answer>(call: () => Answer): Answer {
  try {
    return call();
  } catch (error) {
    const { name, message } = error as Error;
    throw otherRealm.error(name, message);
  }
}

projectionCacheSuite({ name: 'a cache of another realm', open: () => new ForeignCache(), describe, test });
projectionCacheSuite({ name: 'an asynchronous cache of another realm', open: foreignPromises, describe, test });
projectionCacheSuite({ name: 'a cache that returns Buffers', open: () => new BufferCache(), describe, test });

describe('the other realm', () => {
  test('has other classes, without which the suites above would prove nothing', () => {
    const cache = new ForeignCache();
    cache.put(Uint8Array.of(1), Uint8Array.of(2), { watermark: 3n, cachedAtUs: 4n });
    const entry = cache.get(Uint8Array.of(1));
    expect(entry?.value instanceof Uint8Array).toBe(false);
    expect(entry?.meta instanceof Object).toBe(false);
    expect(() => cache.get('text' as unknown as Uint8Array)).not.toThrow(TypeError);
    expect(foreignPromises().sync() instanceof Promise).toBe(false);
  });

  test('does not excuse bytes of another type', async () => {
    const failure = await failureOf('a value comes back with its meta', { open: () => new ClampedForeignCache() });
    expect((failure as Error).message).toMatch(/must be a Uint8Array, got/);
  });
});
