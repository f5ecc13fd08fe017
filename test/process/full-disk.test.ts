/*
 * Why this test: the other tests simulate a full disk. Here a real one fills up in the middle of an append, of a batch,
 * of a compaction and of an image. Accepted entries stay, refused ones are absent, and with free space everything works
 * again.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogCache } from '../../src/cache/log-cache.ts';
import { metaAt, openFor } from '../cache/cache-fixtures.ts';
import { typesInto } from '../store/event-collector.ts';
import { noVolumes, SmallVolume } from './small-volume.ts';

const VOLUME_BYTES = 8 * 1024 * 1024;
const KEYS = 40;

/** A value that differs for each key and round. */
function valueIn(key: string, round: number, length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, `${key} in round ${round}, `));
}

/** A cache, and the entries it has accepted: the round of each key. */
class FilledCache {
  readonly accepted = new Map<string, number>();
  readonly #valueBytes: number;
  readonly #directory: string;
  cache: LogCache;
  readonly events: string[] = [];

  constructor(directory: string, valueBytes: number) {
    this.#directory = directory;
    this.#valueBytes = valueBytes;
    this.cache = this.#open();
  }

  put(key: string, round: number): void {
    this.cache.put(key, valueIn(key, round, this.#valueBytes), metaAt(round));
    this.accepted.set(key, round);
  }

  putMany(keys: readonly string[], round: number): void {
    this.cache.putMany(keys.map((key) => [key, valueIn(key, round, this.#valueBytes), metaAt(round)] as const));
    for (const key of keys) this.accepted.set(key, round);
  }

  /** Expects exactly the accepted entries. */
  expectAccepted(): void {
    const found = new Map(
      [...this.cache.entries()].map(([key, entry]) => [Buffer.from(key).toString(), entry] as const),
    );
    expect([...found.keys()].sort()).toEqual([...this.accepted.keys()].sort());
    for (const [key, round] of this.accepted) {
      const { value, meta } = found.get(key) ?? { value: undefined, meta: undefined };
      expect(meta?.watermark, key).toBe(BigInt(round));
      expect(Buffer.compare(value ?? new Uint8Array(), valueIn(key, round, this.#valueBytes)), key).toBe(0);
    }
  }

  /** Closes and opens again. */
  reopen(): void {
    this.cache.close();
    this.cache = this.#open();
    expect(this.cache.verify().ok).toBe(true);
  }

  #open(): LogCache {
    return openFor(this.#directory, { onEvent: typesInto(this.events) });
  }
}

const noSpace = expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'ENOSPC' }) });

describe.skipIf(noVolumes !== undefined)(
  `a disk that is really full (${noVolumes ?? 'a small one is mounted'})`,
  () => {
    test('in the middle of an append refuses it, keeps accepted entries, and continues with free space', () => {
      const volume = new SmallVolume(VOLUME_BYTES);
      const filled = new FilledCache(volume.directory, 10_000);
      filled.put('first', 0);
      filled.cache.sync();
      volume.fill(100_000);
      const fillUp = (): void => {
        for (let i = 0; i < 1000; i += 1) {
          filled.put(`key ${i % KEYS}`, i);
          filled.cache.sync();
        }
      };
      expect(fillUp).toThrow(noSpace);
      filled.expectAccepted();
      expect(() => filled.cache.sync()).toThrow(noSpace);
      expect(() => {
        for (let i = 0; i < 1000; i += 1) filled.putMany(['a', 'b', 'c'], i);
      }).toThrow(noSpace);
      filled.expectAccepted();
      volume.free();
      filled.cache.sync();
      filled.put('last', 1);
      filled.expectAccepted();
      filled.reopen();
      filled.expectAccepted();
      expect(filled.cache.stats().recovery).toMatchObject({ clean: true, damaged: [] });
    });

    test('leaves accepted entries to a process that opens after a kill', () => {
      const volume = new SmallVolume(VOLUME_BYTES);
      const filled = new FilledCache(volume.directory, 10_000);
      for (let i = 0; i < KEYS; i += 1) filled.put(`key ${i}`, i);
      filled.cache.sync();
      const synced = new Map(filled.accepted);
      volume.fill(50_000);
      expect(() => {
        for (let i = 0; i < 1000; i += 1) filled.put(`late ${i}`, i);
      }).toThrow(noSpace);
      // A reader sees what the next process would: the incomplete record at the end of the file is ignored.
      const reader = openFor(volume.directory, { readOnly: true });
      for (const [key, round] of synced) expect(reader.get(key)?.meta.watermark).toBe(BigInt(round));
      volume.free();
      filled.reopen();
      filled.expectAccepted();
    });

    test('in the middle of a compaction costs the compaction and nothing else', () => {
      const volume = new SmallVolume(VOLUME_BYTES);
      const filled = new FilledCache(volume.directory, 25_000);
      for (let i = 0; i < KEYS; i += 1) filled.put(`key ${i}`, i);
      filled.cache.sync();
      volume.fill(300_000);
      expect(() => filled.cache.compact()).toThrow(noSpace);
      expect(filled.events).toContain('compaction-abandoned');
      filled.expectAccepted();
      expect(readdirSync(volume.directory).filter((name) => name.endsWith('.log'))).toEqual(['000001.log']);
      filled.put('key 0', 100);
      filled.cache.sync();
      volume.free();
      filled.cache.compact();
      filled.expectAccepted();
      expect(filled.cache.stats().generation).toBeGreaterThan(1);
      filled.reopen();
      filled.expectAccepted();
    });

    test('in the middle of an image costs the image and nothing else', () => {
      const volume = new SmallVolume(VOLUME_BYTES);
      const filled = new FilledCache(volume.directory, 4);
      for (let i = 0; i < 10_000; i += 1) filled.put(`key ${i}`, i);
      filled.cache.sync();
      volume.fill(100_000);
      filled.reopen();
      expect(filled.events).toContain('housekeeping-failed');
      expect(filled.cache.stats().recovery).toMatchObject({ imageUsed: false, clean: true });
      filled.expectAccepted();
      volume.free();
      filled.reopen();
      expect(existsSync(join(volume.directory, '000001.index'))).toBe(true);
      expect(filled.cache.stats().recovery).toMatchObject({ imageUsed: true, clean: true });
      filled.expectAccepted();
    });

    test('cannot create a store, and can with free space', () => {
      const volume = new SmallVolume(VOLUME_BYTES);
      volume.fill(0);
      expect(() => new FilledCache(volume.directory, 10)).toThrow(expect.objectContaining({ code: 'IO' }));
      volume.free();
      const filled = new FilledCache(volume.directory, 10);
      filled.put('a', 1);
      filled.reopen();
      filled.expectAccepted();
    });
  },
);
