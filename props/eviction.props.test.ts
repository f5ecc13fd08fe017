/*
 * A store with a bound on live bytes, over random operations: it may miss, it must not lie. A key holds the last put
 * value, or nothing until it is put again, also across reopening with another bound, a kill and a power cut. The bound
 * holds after every call.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordBytes } from '../src/log/record-format.ts';
import type { LogStore } from '../src/store/log-store.ts';
import { bytes, type Contents, contentsOf, equal, getBody, openStore, text } from '../test/store/store-history.ts';
import { TestDisk } from '../test/store/test-disk.ts';
import { runs } from './runs.ts';

type Step =
  | { readonly do: 'put'; readonly key: string; readonly length: number }
  | { readonly do: 'putMany'; readonly puts: readonly (readonly [key: string, length: number])[] }
  | { readonly do: 'delete' | 'deletePrefix' | 'get'; readonly key: string }
  | { readonly do: 'reopen'; readonly maxBytes: number }
  | { readonly do: 'sync' | 'compact' | 'kill' | 'crash' };

const key = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'k', 'key 1'),
  fc.integer({ min: 0, max: 60 }).map((number) => `key ${number}`),
);
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 300 }) },
  { weight: 1, arbitrary: fc.nat({ max: 5000 }) },
);
const maxBytes = fc.integer({ min: 500, max: 4000 });
const restart = fc.constantFrom('sync' as const, 'compact' as const, 'kill' as const, 'crash' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), key, length }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('putMany' as const),
      puts: fc.array(fc.tuple(key, length), { maxLength: 8 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'get' as const, 'delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deletePrefix' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), maxBytes }) },
  { weight: 2, arbitrary: fc.record({ do: restart }) },
);

/** A store and the contents that it may have. */
class BoundedStore {
  #disk = new TestDisk();
  #maxBytes: number;
  #store: LogStore;
  /**
   * The last put value of each key, without deleted keys and keys that were once found missing: those must stay
   * missing.
   */
  #may = new Map<string, string>();
  /** The contents of the store after each call since the last sync, that call included. */
  #states: Contents[] = [new Map()];
  #number = 0;

  constructor(bound: number) {
    this.#maxBytes = bound;
    this.#store = this.#open();
  }

  play(next: Step): void {
    this.#number += 1;
    switch (next.do) {
      case 'put':
        this.#put([[next.key, next.length]], ([first]) => {
          if (first !== undefined) this.#store.writer.put(first.key, first.value, first.trailer);
        });
        break;
      case 'putMany':
        this.#put(next.puts, (puts) => this.#store.writer.putMany(puts));
        break;
      case 'get':
        getBody(this.#store, bytes(next.key));
        break;
      case 'delete':
        expect(this.#store.writer.delete(bytes(next.key))).toBe(this.#may.delete(next.key));
        break;
      case 'deletePrefix': {
        const names = [...this.#may.keys()].filter((name) => name.startsWith(next.key));
        for (const name of names) this.#may.delete(name);
        expect(this.#store.writer.deletePrefix(bytes(next.key))).toBe(names.length);
        break;
      }
      default:
        this.#restart(next);
    }
    this.#check();
  }

  #restart(next: Step): void {
    if (next.do === 'sync' || next.do === 'compact') {
      this.#store[next.do]();
      this.#states = [];
    } else if (next.do === 'reopen') {
      this.#store.close();
      this.#maxBytes = next.maxBytes;
      this.#store = this.#open();
      // Evictions by the new bound are undone by a crash, and then other entries may be evicted.
      this.#states = [new Map(this.#may)];
    } else {
      this.#disk = next.do === 'kill' ? this.#disk.afterKill() : this.#disk.afterCrash(() => 'none');
      this.#store = this.#open();
      const found = contentsOf(this.#store);
      if (!this.#wasOnTheWay(found)) expect.fail('a crash left contents that never existed');
      // The next crash undoes evictions by opening, and then other entries may be evicted: that is not checked here.
      this.#store.sync();
      this.#may = found;
      this.#states = [];
    }
  }

  #put(
    puts: readonly (readonly [key: string, length: number])[],
    store: (puts: { key: Uint8Array; value: Uint8Array; trailer: Uint8Array }[]) => void,
  ): void {
    const named = puts.map(([name, size], i) => [name, `${this.#number}.${i}`.padEnd(size, '.')] as const);
    const size = named.reduce((sum, [name, body]) => sum + recordBytes(name.length, body.length), 0);
    const stored = named.map(([name, body]) => ({ key: bytes(name), value: bytes(body), trailer: bytes('') }));
    if (size > this.#maxBytes) {
      const before = this.#store.stats();
      expect(() => store(stored)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
      expect(this.#store.stats()).toEqual(before);
      return;
    }
    store(stored);
    for (const [name, body] of named) this.#may.set(name, body);
    // New entries are found.
    for (const [name] of named) expect(this.#store.reader.has(bytes(name))).toBe(true);
  }

  #check(): void {
    const found = contentsOf(this.#store);
    for (const [name, body] of found) if (this.#may.get(name) !== body) expect.fail(`${name} lies`);
    const { liveBytes, entries } = this.#store.stats();
    expect(liveBytes).toBeLessThanOrEqual(this.#maxBytes);
    expect(entries).toBe(found.size);
    for (const [name, body] of found) expect(text(this.#store.reader.read(bytes(name), peek) ?? bytes('?'))).toBe(body);
    this.#may = new Map(found);
    this.#states.push(found);
  }

  /**
   * Between two states there are others, in which some entries are already evicted and the new entry is not put yet.
   */
  #wasOnTheWay(found: Contents): boolean {
    return this.#states.some((state, i) => {
      const next = this.#states[i + 1] ?? state;
      if (equal(found, state)) return true;
      for (const [name, body] of found) if (state.get(name) !== body) return false;
      if (liveBytesOf(state) > this.#maxBytes) return true;
      // Entries that were neither evicted nor replaced in between are found.
      for (const [name, body] of next) if (state.get(name) === body && found.get(name) !== body) return false;
      return true;
    });
  }

  #open(): LogStore {
    return openStore(this.#disk, { maxBytes: this.#maxBytes, seed: this.#number });
  }
}

function liveBytesOf(contents: Contents): number {
  let bytesLive = 0;
  for (const [name, body] of contents) bytesLive += recordBytes(name.length, body.length);
  return bytesLive;
}

const peek = (memory: { readonly bytes: Uint8Array }, start: number, size: number): Uint8Array =>
  memory.bytes.slice(start, start + size);

test('a bounded store forgets and never lies', () => {
  fc.assert(
    fc.property(maxBytes, fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), (bound, steps) => {
      const store = new BoundedStore(bound);
      for (const next of steps) store.play(next);
    }),
    { numRuns: runs(60) },
  );
});
