import { assertBytes } from '../../src/base/argument.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import { assertMeta } from '../../src/contract/meta-codec.ts';
import type { AnyProjectionCache } from '../../src/testing/index.ts';
import { MapCache } from './map-cache.ts';

/** A cache with one fault, and the cases of the suite of which each must detect it. */
export interface BrokenCache {
  readonly fault: string;
  readonly foundBy: readonly string[];
  open(): AnyProjectionCache | Promise<AnyProjectionCache>;
  reopen?(cache: AnyProjectionCache): AnyProjectionCache;
}

/** A `MapCache` that keeps another key, value or meta than it received. */
export class ChangingCache extends MapCache {
  readonly #key: (key: Uint8Array) => Uint8Array;
  readonly #value: (value: Uint8Array) => Uint8Array;
  readonly #meta: (meta: CacheMeta) => CacheMeta;

  constructor(
    change: {
      key?: (key: Uint8Array) => Uint8Array;
      value?: (value: Uint8Array) => Uint8Array;
      meta?: (meta: CacheMeta) => CacheMeta;
    } = {},
  ) {
    super();
    this.#key = change.key ?? ((key) => key);
    this.#value = change.value ?? ((value) => value);
    this.#meta = change.meta ?? ((meta) => meta);
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    assertBytes(key, 'key');
    return super.get(this.#key(key));
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    assertBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
    super.put(this.#key(key), this.#value(value), this.#meta(meta));
  }

  override deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    return super.deletePrefix(this.#key(prefix));
  }
}

/** Changes bytes by converting them to text, the most common way to lose some. */
export function byText(encoding: BufferEncoding, change: (text: string) => string): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => Buffer.from(change(Buffer.from(bytes).toString(encoding)), encoding);
}

/** Changes the text that bytes are in UTF-8; bytes that are not UTF-8 stay unchanged. */
export function byUtf8(change: (text: string) => string): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const text = Buffer.from(bytes).toString('utf8');
    return Buffer.from(text).equals(bytes) ? Buffer.from(change(text)) : bytes;
  };
}
