import { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import { decodeFromBytes, encodeWithValue } from '../../src/contract/cache-entry-codec.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';

/** The simplest cache that keeps the contract: a `Map` from a key, in hexadecimal, to an encoded entry. */
export class MapCache implements ProjectionCache {
  readonly #encodedEntries: Map<string, Uint8Array> = new Map();

  capabilities(): CacheCapabilities {
    return CacheCapabilities.none();
  }

  get(key: Uint8Array): CacheEntry | undefined {
    const encoded = this.#encodedEntries.get(hexOf(key));
    return encoded && decodeFromBytes(encoded);
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#encodedEntries.set(hexOf(key), encodeWithValue(value, meta));
  }

  deletePrefix(prefix: Uint8Array): number {
    const hexPrefix = hexOf(prefix);
    const doomed = [...this.#encodedEntries.keys()].filter((hex) => hex.startsWith(hexPrefix));
    for (const hex of doomed) this.#encodedEntries.delete(hex);
    return doomed.length;
  }

  sync(): void {}

  keys(): Uint8Array[] {
    return [...this.#encodedEntries.keys()].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
  }

  delete(key: Uint8Array): boolean {
    return this.#encodedEntries.delete(hexOf(key));
  }
}

/** A key as text with two digits a byte, so that a prefix of bytes is a prefix of text. */
function hexOf(bytes: Uint8Array): string {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a key or prefix must be a Uint8Array');
  return Buffer.from(bytes).toString('hex');
}
