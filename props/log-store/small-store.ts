import fc from 'fast-check';
import { MARK_KEY_BYTES, recordBytes } from '../../src/log/record-format.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { bytes, openStore, StoreHistory } from '../../test/store/store-history.ts';
import { TestDisk } from '../../test/store/test-disk.ts';

/** One step of a small workload. Bodies are numbered by the step, so that no two are equal. */
export type Step =
  | { readonly do: 'put'; readonly key: string; readonly length: number }
  | { readonly do: 'putMany'; readonly keys: readonly string[] }
  | { readonly do: 'delete'; readonly key: string }
  | { readonly do: 'deletePrefix'; readonly prefix: string }
  | { readonly do: 'sync' | 'write' | 'compact' };

const key: fc.Arbitrary<string> = fc.constantFrom('', 'a', 'ab', 'b', 'c', '\xff');

/** Small enough to try every byte of the log. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key, length: fc.nat({ max: 12 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('putMany' as const),
        keys: fc.array(key, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('deletePrefix' as const), prefix: fc.constantFrom('', 'a', 'b', '\xff') }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('sync' as const, 'sync' as const, 'write' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  ),
  { minLength: 2, maxLength: 14 },
);

/** The record that a sync appends to the log. */
const MARK_BYTES: number = recordBytes(MARK_KEY_BYTES, 0);

/** A log that reaches at least to `logEnd` holds state number `state` or a later one. */
export interface Promised {
  readonly logEnd: number;
  readonly state: number;
}

/** An open store after some steps. */
export class SmallStore {
  readonly disk: TestDisk = new TestDisk();
  readonly history: StoreHistory = new StoreHistory();
  readonly store: LogStore;
  /** For the log of the current generation, ascending. */
  promised: Promised[] = [];
  #number = 0;

  constructor(workload: readonly Step[]) {
    this.store = openStore(this.disk);
    for (const step of workload) this.#play(step);
  }

  get logName(): string {
    return this.disk.names.findLast((name) => name.endsWith('.log')) ?? '';
  }

  /** The state that a log of `length` bytes must hold at least; `undefined` if it promises nothing. */
  promisedBy(length: number): number | undefined {
    return this.promised.findLast(({ logEnd }) => logEnd <= length)?.state;
  }

  #play(step: Step): void {
    const { store, history } = this;
    this.#number += 1;
    const body = (length: number, name: string): string => `${this.#number}${name}${'.'.repeat(length)}`;
    switch (step.do) {
      case 'put':
        store.writer.put(bytes(step.key), bytes(body(step.length, step.key)));
        history.accept((contents) => contents.set(step.key, body(step.length, step.key)));
        break;
      case 'putMany': {
        const puts = step.keys.map((name, i) => ({ name, value: body(i, `${name}${i}`) }));
        store.writer.putMany(
          puts.map(({ name, value }) => ({ key: bytes(name), value: bytes(value), trailer: bytes('') })),
        );
        history.accept((contents) => {
          for (const { name, value } of puts) contents.set(name, value);
        });
        break;
      }
      case 'delete':
        store.writer.delete(bytes(step.key));
        history.accept((contents) => contents.delete(step.key));
        break;
      case 'deletePrefix':
        store.writer.deletePrefix(bytes(step.prefix));
        history.accept((contents) => {
          for (const name of [...contents.keys()]) if (name.startsWith(step.prefix)) contents.delete(name);
        });
        break;
      case 'write':
        store.verify();
        break;
      case 'sync':
        store.sync();
        this.#promise();
        break;
      case 'compact': {
        const before = store.stats().generation;
        store.compact();
        if (store.stats().generation !== before) this.promised = [];
        this.#promise();
      }
    }
  }

  #promise(): void {
    this.history.sync();
    const logEnd = this.disk.bytes(this.logName).length - MARK_BYTES;
    this.promised.push({ logEnd, state: this.history.states.length - 1 });
  }
}
