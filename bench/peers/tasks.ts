import { mkdirSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { BareAppends } from '../bare-works.ts';
import { percentilesOf } from '../percentiles.ts';
import { groupEntries } from '../workload.ts';
import type { Dataset } from './dataset.ts';
import type { Job, TaskName } from './job.ts';
import type { Figures } from './measures.ts';
import type { Awaitable, Body, Key, Peer, PeerStore, Puts, Visit } from './peer.ts';
import { privateBytes } from './process-memory.ts';
import { timeWork } from './timing.ts';

/** The context of a task. */
export interface Bench {
  readonly job: Job;
  readonly peer: Peer;
  readonly data: Dataset<Key>;
}

// Versions of the bodies: a task must not store bytes that are already stored, which some peers would detect and skip.
const loaded = 0;
const [mixed, durable, overwritten, killed] = [1, 2, 3, 4];
const [loadSeed, getSeed, missSeed, mixedSeed, overwriteSeed, deleteSeed, checkSeed, killSeed] = [
  11, 22, 33, 44, 55, 66, 77, 88,
];
const checkedEntriesMax = 1000;
const warmUpEntriesMax = 20_000;
const warmUpMs = 500;
const putsPerKilledTurn = 1000;
// The speed of syncs varies with other work of the disk: few at a time, so that both are affected equally.
const putsPerTurn = 10;
/** A header, a key and a meta: what a log of any kind stores beside the value. */
const recordExtraBytes = 64;

export const tasks: Readonly<Record<TaskName, (bench: Bench) => Promise<Figures>>> = {
  // Separate from the timed load, as a warm-up leaves memory behind.
  async memory({ job, peer, data }) {
    const puts = data.puts(loaded, loadSeed);
    const before = privateBytes();
    const store = await peer.open(job.directory);
    await store.putAll(puts);
    const after = privateBytes();
    await store.close();
    if (before === undefined || after === undefined) return {};
    return { 'private memory': Math.max(1, (after - before) / job.entries) };
  },

  async load({ job, peer, data }) {
    const puts = data.puts(loaded, loadSeed);
    await warmUp(job, peer, data);
    const store = await peer.open(job.directory);
    const ms = await timeWork(() => store.putAll(puts));
    await store.close();
    return { load: perSecond(job.entries, ms) };
  },

  async open({ job, peer, data }) {
    const puts = data.puts(loaded, getSeed, 1);
    const { store, ms } = await openAndGet({ job, peer, data }, puts);
    const firstPutMs = await timeWork(() => store.putSingly(puts, new Float64Array(1)));
    await store.close();
    return { open: ms, 'first put': firstPutMs };
  },

  async get({ job, peer, data }) {
    const { keys, bodies } = data.puts(loaded, getSeed);
    const absent = data.absentKeys(missSeed);
    const store = await openLoaded({ job, peer, data });
    // Once before the clock runs: the measurement is of reads from memory with compiled code.
    await readUntilWarm(() => store.getEach(keys, () => undefined));
    await readUntilWarm(() => store.getEach(absent, () => undefined));
    const hits = new Checker(bodies);
    const hitMs = await timeWork(() => store.getEach(keys, hits.visit));
    hits.assert(keys.length);
    const misses = new Checker([]);
    const missMs = await timeWork(() => store.getEach(absent, misses.visit));
    misses.assert(0);
    await store.close();
    return { 'get, hit': perSecond(keys.length, hitMs), 'get, miss': perSecond(absent.length, missMs) };
  },

  async scan({ job, peer, data }) {
    const store = await openLoaded({ job, peer, data });
    await readUntilWarm(() => store.scan(() => undefined));
    const found = new Checker(Array.from({ length: job.entries }, (_, i) => data.body(i, loaded)));
    const ms = await timeWork(() => store.scan(found.visit));
    found.assert(job.entries);
    await store.close();
    return { scan: perSecond(job.entries, ms) };
  },

  async mixed({ job, peer, data }) {
    const operations = data.mixed(mixed, mixedSeed);
    const store = await openLoaded({ job, peer, data });
    await warmUp(job, peer, data);
    await store.getEach(operations.keys, () => undefined);
    let absent = 0;
    const visit: Visit = (_, entry) => {
      if (entry === undefined) absent += 1;
    };
    const ms = await timeWork(() => store.mixed(operations, visit));
    if (absent > 0) throw new Error(`${absent} entries are missing`);
    await store.close();
    return { mixed: perSecond(operations.keys.length, ms) };
  },

  async durable({ job, peer, data }) {
    const puts = data.puts(durable, checkSeed, job.durablePuts);
    const store = await openLoaded({ job, peer, data });
    if (store.putDurably === undefined) {
      await store.close();
      return {};
    }
    const bare = new BareAppends(`${job.directory}-bare`, puts.keys.length, job.valueBytes + recordExtraBytes);
    let [ms, bareMs] = [0, 0];
    for (let from = 0; from < puts.keys.length; from += putsPerTurn) {
      const [keys, bodies] = [puts.keys.slice(from, from + putsPerTurn), puts.bodies.slice(from, from + putsPerTurn)];
      ms += await timeWork(() => store.putDurably?.({ keys, bodies }));
      bareMs += await timeWork(() => appendEach(bare, keys.length));
    }
    bare.close();
    rmSync(`${job.directory}-bare`);
    const found = new Checker(puts.bodies);
    await store.getEach(puts.keys, found.visit);
    found.assert(puts.keys.length);
    await store.close();
    return { 'durable put': perSecond(puts.keys.length, ms), 'durable put, of bare': bareMs / ms };
  },

  async overwrite({ job, peer, data }) {
    const puts = data.puts(overwritten, overwriteSeed);
    const store = await openLoaded({ job, peer, data });
    await warmUp(job, peer, data);
    const ms = await timeWork(() => store.putAll(puts));
    const { keys, bodies } = data.puts(overwritten, checkSeed, checkedEntriesMax);
    const found = new Checker(bodies);
    await store.getEach(keys, found.visit);
    found.assert(keys.length);
    await store.close();
    return { overwrite: perSecond(job.entries, ms) };
  },

  async compact({ job, peer }) {
    const store = await peer.open(job.directory);
    await store.compact?.();
    await store.close();
    return {};
  },

  async kill({ job, peer, data }) {
    const { keys, bodies } = data.puts(killed, killSeed, Math.floor(data.entries / 4));
    const store = await peer.open(job.directory);
    for (let from = 0; from < keys.length; from += putsPerKilledTurn) {
      const some = {
        keys: keys.slice(from, from + putsPerKilledTurn),
        bodies: bodies.slice(from, from + putsPerKilledTurn),
      };
      await store.putSingly(some, new Float64Array(some.keys.length));
      // As a service does: background work has its turns too.
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.kill(process.pid, 'SIGKILL');
    return {};
  },

  async reopen({ job, peer, data }) {
    // One that was not overwritten again.
    const { keys, bodies } = data.puts(overwritten, killSeed);
    const { store, ms } = await openAndGet({ job, peer, data }, { keys: keys.slice(-1), bodies: bodies.slice(-1) });
    await store.close();
    return { 'open, killed': ms };
  },

  async delete({ job, peer, data }) {
    const runs = data.runs(job.deletedRuns, deleteSeed);
    const store = await openLoaded({ job, peer, data });
    await warmUp(job, peer, data);
    let deleted = 0;
    const ms = await timeWork(async () => {
      const result = store.deleteRuns(runs);
      deleted = result instanceof Promise ? await result : result;
    });
    let left = 0;
    await store.scan(() => {
      left += 1;
    });
    await store.close();
    const expected = runs.length * groupEntries;
    if (deleted !== expected || left !== job.entries - expected) throw new Error(`${deleted} deleted, ${left} left`);
    return { deletePrefix: perSecond(deleted, ms) };
  },

  async single({ job, peer, data }) {
    const puts = data.puts(loaded, loadSeed);
    const durationsMs = new Float64Array(puts.keys.length);
    await warmUp(job, peer, data);
    const store = await peer.open(job.directory);
    await store.putSingly(puts, durationsMs);
    await store.close();
    const { p999, max } = percentilesOf(durationsMs);
    return { 'longest put': max, 'put, p99.9': p999 };
  },
};

/**
 * At least once, so that everything is in memory, and again for a while, so that code gets compiled even with few
 * entries.
 */
async function readUntilWarm(read: () => Awaitable<void>): Promise<void> {
  const start = performance.now();
  do await read();
  while (performance.now() - start < warmUpMs);
}

function appendEach(bare: BareAppends, count: number): void {
  for (let i = 0; i < count; i += 1) bare.step();
}

/** Gets the code compiled before it is measured, on fewer entries in a separate directory. */
async function warmUp({ directory }: Job, peer: Peer, data: Dataset<Key>): Promise<void> {
  const scratch = `${directory}-scratch`;
  mkdirSync(scratch);
  const store = await peer.open(scratch);
  const count = Math.min(warmUpEntriesMax, Math.floor(data.entries / 2));
  const half = Math.floor(count / 2);
  await store.putAll(data.puts(loaded, loadSeed, count));
  await store.putAll(data.puts(overwritten, loadSeed, count));
  await store.putSingly(data.puts(loaded, checkSeed, half), new Float64Array(half));
  await store.deleteRuns(data.runs(Math.floor(half / groupEntries), deleteSeed));
  await store.close();
  rmSync(scratch, { recursive: true });
}

/** Opens the store and gets one entry, which `puts` has. */
async function openAndGet({ job, peer }: Bench, puts: Puts<Key>): Promise<{ store: PeerStore<Key>; ms: number }> {
  const found = new Checker(puts.bodies);
  const start = performance.now();
  const store = await peer.open(job.directory);
  const reading = store.getEach(puts.keys, found.visit);
  if (reading instanceof Promise) await reading;
  const ms = performance.now() - start;
  found.assert(1);
  return { store, ms };
}

async function openLoaded({ job, peer, data }: Bench): Promise<PeerStore<Key>> {
  const store = await peer.open(job.directory);
  if (peer.inMemory === true) await store.putAll(data.puts(loaded, loadSeed));
  return store;
}

function perSecond(operations: number, ms: number): number {
  return (operations / ms) * 1000;
}

/** Compares entries with what was stored: a store that is fast and wrong must not be measured. */
class Checker {
  readonly #bodies: readonly Body[];
  #right = 0;
  #wrong = 0;

  constructor(bodies: readonly Body[]) {
    this.#bodies = bodies;
  }

  /** Cheap, as its time is part of every peer's. */
  readonly visit: Visit = (index, entry) => {
    if (entry === undefined) return;
    const body = this.#bodies[index];
    const isRight = body?.meta.watermark === entry.meta.watermark && body.value.length === entry.value.length;
    if (isRight && body.value[0] === entry.value[0]) this.#right += 1;
    else this.#wrong += 1;
  };

  assert(expected: number): void {
    if (this.#wrong === 0 && this.#right === expected) return;
    throw new Error(`${this.#right} entries of ${expected} were right, ${this.#wrong} were wrong`);
  }
}
