import type { CacheReading } from '../contract/cache-reading.ts';

/** Concurrent readings of one key share one call to the shared cache. Each caller receives its own copy of the entry. */
export class SharedReads {
  readonly #underWay = new Map<string, Promise<CacheReading>>();

  async read(key: Uint8Array, begin: () => Promise<CacheReading>): Promise<CacheReading> {
    const id = idOf(key);
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return copied(await underWay);
    const reading = begin();
    this.#underWay.set(id, reading);
    try {
      return copied(await reading);
    } finally {
      if (this.#underWay.get(id) === reading) this.#underWay.delete(id);
    }
  }

  /** Later readings of the key do not join those under way. */
  forget(key: Uint8Array): void {
    this.#underWay.delete(idOf(key));
  }

  /** The same for all keys that start with `prefix`. */
  forgetPrefix(prefix: Uint8Array): void {
    if (this.#underWay.size === 0) return;
    const start = idOf(prefix);
    for (const id of this.#underWay.keys()) if (id.startsWith(start)) this.#underWay.delete(id);
  }
}

function copied(reading: CacheReading): CacheReading {
  const { entry } = reading;
  if (entry === undefined) return reading;
  return { ...reading, entry: { value: new Uint8Array(entry.value), meta: { ...entry.meta } } };
}

function idOf(key: Uint8Array): string {
  let id = '';
  for (const byte of key) id += String.fromCharCode(byte);
  return id;
}
