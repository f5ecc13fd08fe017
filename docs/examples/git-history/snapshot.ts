import { createHash } from 'node:crypto';
import type { CacheEntry } from '../../../src/index.ts';
import { DemoError } from './demo-error.ts';

interface SnapshotEntry {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly watermark: bigint;
}

/**
 * The contents of a cache at one time, in key order. It excludes when an entry was cached: that differs from run to
 * run, whereas states and watermarks depend only on the events.
 */
export class Snapshot {
  readonly #entries: readonly SnapshotEntry[];

  constructor(entries: Iterable<readonly [Uint8Array, CacheEntry]>) {
    this.#entries = Array.from(entries, ([key, entry]) => ({
      key: Buffer.from(key),
      value: Buffer.from(entry.value),
      watermark: entry.meta.watermark,
    }));
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Sixteen hexadecimal digits that are the same for the same entries. */
  fingerprint(): string {
    const hash = createHash('sha256');
    for (const { key, value, watermark } of this.#entries) {
      hash.update(`${key.length} ${value.length} ${watermark}\n`).update(key).update(value);
    }
    return hash.digest('hex').slice(0, 16);
  }

  /**
   * Compares entry by entry.
   *
   * @throws {DemoError} naming the first that differs, with both versions.
   */
  mustEqual(other: Snapshot, ownName: string, otherName: string): void {
    const length = Math.max(this.size, other.size);
    for (let index = 0; index < length; index += 1) {
      const own = describe(this.#entries[index]);
      const others = describe(other.#entries[index]);
      if (own !== others) {
        const place = `Entry ${index + 1} in key order is ${own} after ${ownName}, but ${others} after ${otherName}`;
        throw new DemoError(`${place}: the two must agree. Please report this with the repository it happened on.`);
      }
    }
  }
}

function describe(entry: SnapshotEntry | undefined): string {
  if (entry === undefined) return 'absent';
  const { key, value, watermark } = entry;
  return `${JSON.stringify(key.toString('latin1'))} ${JSON.stringify(value.toString())} at ${watermark}`;
}
