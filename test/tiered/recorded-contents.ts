import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import { MapCache } from '../conformance/map-cache.ts';

/** The time from the put of an entry to its end in the shared cache. Each value is put once, so it names its span. */
export interface Span {
  readonly value: string;
  readonly key: string;
  readonly meta: CacheMeta;
  /** The event that ended it, its time in milliseconds and, of a deletion, its number; absent while the entry is there. */
  end?: { readonly at: number; readonly ms: number; readonly epoch: bigint | undefined };
}

/** Counts events, and holds the time. */
export class Chronicle {
  at = 0;
  ms = 0;

  next(): number {
    this.at += 1;
    return this.at;
  }
}

/** Entries that record which of them were there when. */
export class RecordedEntries extends MapCache {
  readonly spans: Map<string, Span> = new Map();
  readonly #chronicle: Chronicle;
  #epoch = 0n;

  constructor(chronicle: Chronicle) {
    super();
    this.#chronicle = chronicle;
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#end(this.get(key), this.#chronicle.next());
    super.put(key, value, meta);
    this.spans.set(text(value), { value: text(value), key: text(key), meta });
  }

  override deletePrefix(prefix: Uint8Array): number {
    this.#epoch += 1n;
    const at = this.#chronicle.next();
    for (const key of this.keys()) {
      if (text(key).startsWith(text(prefix))) this.#end(this.get(key), at, this.#epoch);
    }
    return super.deletePrefix(prefix);
  }

  #end(entry: CacheEntry | undefined, at: number, epoch?: bigint): void {
    const span = entry === undefined ? undefined : this.spans.get(text(entry.value));
    if (span !== undefined) span.end = { at, ms: this.#chronicle.ms, epoch };
  }
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
