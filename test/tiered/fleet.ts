import { expect } from 'vitest';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { type CacheReading, suffices } from '../../src/contract/cache-reading.ts';
import type { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { type Change, FleetMachine, Gates } from './fleet-machine.ts';
import type { FleetStep } from './fleet-steps.ts';
import { SharedContents } from './memory-shared-cache.ts';
import { Chronicle, RecordedEntries, type Span, text } from './recorded-contents.ts';

const UNCHECKED_MAX_MS = 1_000;
const EVERYTHING_NEWER: CacheMeta = { watermark: 2n ** 64n - 1n, cachedAtUs: 0n };

/** What was known when a reading began. */
interface ReadingStart {
  readonly ms: number;
  readonly floor: number;
  readonly failures: number;
}

/**
 * Machines with a `TieredCache` each over one shared cache, driven step by step: each call of the shared cache waits until a step
 * lets it continue. What a machine reads must be what the shared cache had, and not too long ago:
 *
 * 1. An entry that was there, whole, under this key.
 * 2. Not one that was deleted more than `uncheckedMaxMs` before the reading began, on whatever machine.
 * 3. Not one that ended before a put or a deletion of this machine, if that had resolved when the reading began.
 * 4. Not one that was removed by a deletion that the epoch of the reading includes.
 * 5. What suffices, or what the shared cache had at most `uncheckedMaxMs` before the reading began, unless that failed.
 */
export class Fleet {
  readonly #chronicle = new Chronicle();
  readonly #entries = new RecordedEntries(this.#chronicle);
  readonly #contents = new SharedContents(this.#entries);
  readonly #gates = new Gates();
  readonly #machines: readonly FleetMachine[];
  readonly #running: Promise<void>[] = [];
  readonly #faults: Error[] = [];
  /** The newest reading of a key by a machine: the basis of a put. */
  readonly #readings = new Map<string, CacheReading>();
  #values = 0;
  localHits = 0;

  constructor(make: typeof TieredCache) {
    this.#machines = [0, 1].map(() => new FleetMachine(make, this.#contents, this.#chronicle, this.#gates));
  }

  async run(step: FleetStep): Promise<void> {
    const machine = this.#machines[step.machine] as FleetMachine;
    switch (step.what) {
      case 'read':
        this.#start(this.#read(machine, step.key, step.wanted));
        break;
      case 'put':
        this.#start(this.#put(machine, step.key, step.watermark, step.rejects));
        break;
      case 'delete':
        this.#start(this.#delete(machine, step.prefix));
        break;
      case 'release':
        for (const index of step.calls) {
          this.#gates.release(index, step.outcome);
          await settled();
        }
        break;
      case 'wait':
        this.#chronicle.ms += step.ms;
        break;
      case 'outage':
        machine.shared.isDown = step.isDown;
        break;
      case 'notifications':
        machine.shared.losesNotifications = step.areLost;
        break;
      case 'local-fault':
        machine.local.fault = { when: step.when, times: step.times };
        break;
      case 'sync':
        this.#start(machine.cache.sync());
        break;
      case 'restart':
        for (const key of this.#readings.keys()) if (key.startsWith(`${step.machine}`)) this.#readings.delete(key);
        machine.restart(step.lost);
        break;
      case 'check':
        this.#start(machine.cache.checkDeletions());
    }
    await settled();
    if (this.#faults.length > 0) throw this.#faults[0];
  }

  /** When everything works again, each machine has what the shared cache has, and holds it locally. */
  async end(): Promise<void> {
    this.#gates.isOpen = true;
    while (this.#gates.size > 0) {
      this.#gates.release(0, 'answer');
      await settled();
    }
    await Promise.all(this.#running);
    if (this.#faults.length > 0) throw this.#faults[0];
    this.#chronicle.ms += 10_000;
    for (const machine of this.#machines) {
      machine.shared.isDown = false;
      machine.local.fault = undefined;
      await machine.cache.checkDeletions();
      for (const key of ['a', 'ab', 'b']) {
        const there = this.#entries.get(bytes(key));
        // A local entry may be older than what another machine has put since, but none is deleted.
        const local = await machine.cache.get(bytes(key));
        if (local !== undefined) expect(this.#spanOf(text(local.value)).end?.epoch).toBeUndefined();
        expect((await machine.cache.readWithEpoch(bytes(key), EVERYTHING_NEWER)).entry).toEqual(there);
        const { localHits } = machine.cache.stats();
        expect(await machine.cache.get(bytes(key))).toEqual(there);
        if (there !== undefined) expect(machine.cache.stats().localHits).toBe(localHits + 1);
      }
      this.localHits += machine.cache.stats().localHits;
      await machine.cache.close();
    }
  }

  async #read(machine: FleetMachine, key: string, wanted: number): Promise<void> {
    const { cache, floors } = machine;
    const wantedEntry = wanted === 0 ? {} : { watermark: BigInt(wanted) };
    const start: ReadingStart = {
      ms: this.#chronicle.ms,
      floor: Math.max(0, ...floors.filter(({ isOf }) => isOf(key)).map(({ at }) => at)),
      failures: cache.stats().sharedFailures,
    };
    // An answer after a failure may be the local one, for `retryAfterMs` and at most for `uncheckedMaxMs`.
    const isFarther = (reading: CacheReading): boolean =>
      !(reading.hasFartherTier || machine.shared.isDown) && start.failures === 0 && cache.stats().sharedFailures === 0;
    const reading = await cache.readWithEpoch(bytes(key), wantedEntry);
    if (cache !== machine.cache) return;
    this.#readings.set(`${this.#machines.indexOf(machine)}${key}`, reading);
    const { entry } = reading;
    if (entry === undefined) return;
    const span = this.#spanOf(text(entry.value));
    expect([span.key, span.meta], 'an entry of another key').toEqual([key, entry.meta]);
    const { end } = span;
    if (end?.epoch !== undefined) {
      expect(end.ms, 'a deletion that is too long ago').toBeGreaterThanOrEqual(start.ms - UNCHECKED_MAX_MS);
      expect(end.epoch, 'an epoch that includes its deletion').toBeGreaterThan(reading.epoch);
    }
    if (end !== undefined) {
      expect(end.at, 'an entry that ended before a change of this machine').toBeGreaterThan(start.floor);
      if (isFarther(reading)) {
        expect(end.ms, 'an entry that was replaced too long ago').toBeGreaterThanOrEqual(start.ms - UNCHECKED_MAX_MS);
      }
    }
    if (reading.hasFartherTier) expect(suffices(entry.meta, wantedEntry), 'an entry that suffices').toBe(true);
  }

  async #put(machine: FleetMachine, key: string, watermark: number, rejects: boolean): Promise<void> {
    this.#values += 1;
    const id = this.#values;
    const reading = this.#readings.get(`${this.#machines.indexOf(machine)}${key}`);
    const meta = { watermark: BigInt(watermark), cachedAtUs: BigInt(id % 3) };
    // Without a reading: one from before all deletions.
    const { epoch, entry } = reading ?? { epoch: 0n, entry: undefined };
    const isRejected = rejects && entry !== undefined;
    const basis = isRejected ? { epoch, replaces: entry.meta } : { epoch };
    const [change, putting] = this.#changing(machine, () => machine.cache.put(bytes(key), bytes(`${id}`), meta, basis));
    const { cache } = machine;
    const isStored = await putting;
    if (cache !== machine.cache || !(isStored || isRejected)) return;
    machine.floors.push({ isOf: (other) => other === key, at: change.executedAt ?? 0 });
  }

  async #delete(machine: FleetMachine, prefix: string): Promise<void> {
    const [change, deleting] = this.#changing(machine, () => machine.cache.deletePrefix(bytes(prefix)));
    const { cache } = machine;
    await deleting;
    if (cache !== machine.cache) return;
    machine.floors.push({ isOf: (key) => key.startsWith(prefix), at: change.executedAt ?? 0 });
  }

  #changing<Result>(machine: FleetMachine, act: () => Promise<Result>): readonly [Change, Promise<Result>] {
    const change: Change = {};
    machine.shared.change = change;
    const result = act();
    machine.shared.change = undefined;
    return [change, result];
  }

  /** A call may fail because the shared cache does; a check of this file must not. */
  #start(call: Promise<void>): void {
    const ended = call.catch((error: Error) => {
      if (!/is down|is lost|has failed less than/.test(error.message)) this.#faults.push(error);
    });
    this.#running.push(ended);
  }

  #spanOf(value: string): Span {
    const span = this.#entries.spans.get(value);
    if (span === undefined) throw new Error(`the value ${value} was never in the shared cache`);
    return span;
  }
}

function bytes(key: string): Uint8Array {
  return new TextEncoder().encode(key);
}

/** Everything that waits for nothing has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
