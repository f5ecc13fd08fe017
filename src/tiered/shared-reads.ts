import { keyId } from '../base/byte-keys.ts';
import type { CacheReading } from '../contract/cache-reading.ts';

interface ReadUnderWay {
  readonly reading: Promise<CacheReading>;
  readonly beganAtMs: number;
}

/**
 * Concurrent readings of one key share one call to the shared cache. Each caller receives its own copy of the entry.
 *
 * A reading joins only a call that began at most `joinMaxMs` ago: its answer may be from before a later deletion on another machine.
 */
export class SharedReads {
  readonly #underWay = new Map<string, ReadUnderWay>();
  readonly #joinMaxMs: number;
  readonly #nowMs: () => number;

  constructor(joinMaxMs: number, nowMs: () => number) {
    this.#joinMaxMs = joinMaxMs;
    this.#nowMs = nowMs;
  }

  async read(key: Uint8Array, begin: () => Promise<CacheReading>): Promise<CacheReading> {
    const id = keyId(key);
    const beganAtMs = this.#nowMs();
    const other = this.#underWay.get(id);
    if (other !== undefined && beganAtMs - other.beganAtMs <= this.#joinMaxMs) return copied(await other.reading);
    const own = { reading: begin(), beganAtMs };
    this.#underWay.set(id, own);
    try {
      return copied(await own.reading);
    } finally {
      if (this.#underWay.get(id) === own) this.#underWay.delete(id);
    }
  }

  /** Later readings of keys that start with `prefix` do not join those under way. */
  forget(prefix: Uint8Array): void {
    if (this.#underWay.size === 0) return;
    const start = keyId(prefix);
    for (const id of this.#underWay.keys()) if (id.startsWith(start)) this.#underWay.delete(id);
  }
}

function copied(reading: CacheReading): CacheReading {
  const { entry } = reading;
  if (entry === undefined) return reading;
  return { ...reading, entry: { value: new Uint8Array(entry.value), meta: { ...entry.meta } } };
}
