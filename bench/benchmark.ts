import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogCache, type LogCacheOptions } from '../src/index.ts';
import { BareAppends, BareReads, durablePuts, largeSyncMs } from './bare-works.ts';
import type { BenchArguments } from './bench-arguments.ts';
import { hits, misses, type Orders, prefixDeletions, preparations, puts, randomOrders, scan } from './cache-works.ts';
import { type Figure, Figures } from './figures.ts';
import { measureOpenings, type Opening } from './openings.ts';
import { clockCostNs, timeInTurns, type Work } from './work.ts';
import { keyBytes, randomFrom, Values } from './workload.ts';

const metaBytes = 16;
const durableStepsMax = 500;
/** Durable puts are thousands of times slower than others: one for so many entries is enough. */
const entriesPerDurableStep = 20;
const durableTurnSteps = 25;
const coldStepsMax = 100_000;
const coldTurnSteps = 1000;
const sizeSampleSteps = 500;
const durablePut = 'put and sync, each durable';
const coldGet = 'get, hit, not resident';
const pageCacheBytesMin: number = 512 * 1024;
const pageCacheBytesDefault: number = 64 * 1024 * 1024;

/** The sizes of a store, in bytes. */
export interface Sizes {
  readonly indexBytesPerKey: number;
  /** Keys, values and metas alone. */
  readonly payloadBytes: number;
  readonly logBytes: number;
  readonly imageBytes: number;
  /** The maximum while everything is overwritten: of the log alone, and with the one that a compaction builds. */
  readonly logBytesMax: number;
  readonly diskBytesMax: number;
}

/** The longest single put, and the reference for pauses. */
export interface Pauses {
  readonly loadMs: number;
  readonly overwriteMs: number;
  readonly compactions: number;
  readonly syncOf8MbMs: number;
}

export interface BenchResult {
  readonly figures: readonly Figure[];
  readonly openings: readonly Opening[];
  readonly sizes: Sizes;
  readonly pauses: Pauses;
  readonly ratios: Ratios;
  readonly clockNs: number;
}

/** Comparisons with the least that the disk allows. */
export interface Ratios {
  /** The speed of a durable put as a multiple of that of a bare append with fdatasync. */
  readonly durablePut: number;
  /** The time of a get that is not resident as a multiple of that of a bare read. */
  readonly coldGetTime: number;
}

/** One run of all measurements. */
export class Benchmark {
  readonly #options: BenchArguments;
  readonly #onPhase: (phase: string) => void;
  readonly #directory: string;
  readonly #orders: Orders;
  readonly #values: Values;
  readonly #figures = new Figures();
  /** The size of one entry in the log. */
  readonly #recordBytes: number;
  /** Enough memory for every entry. */
  readonly #residentBytes: number;

  constructor(options: BenchArguments, onPhase: (phase: string) => void) {
    this.#options = options;
    this.#onPhase = onPhase;
    this.#directory = mkdtempSync(join(options.directory, 'projection-cache-bench-'));
    this.#orders = randomOrders(options.entries);
    this.#values = new Values(options.valueBytes, randomFrom(77));
    this.#recordBytes = Math.ceil((16 + keyBytes + options.valueBytes + metaBytes) / 8) * 8;
    this.#residentBytes = Math.max(pageCacheBytesDefault, 2 * options.entries * this.#recordBytes);
  }

  async run(): Promise<BenchResult> {
    const { rounds } = this.#options;
    const clockNs = clockCostNs();
    for (let round = 1; round <= rounds; round += 1) this.#round(round);
    this.#onPhase('single operations');
    const { sizes, openings, pauses } = await this.#singleSteps();
    const ratios = this.#ratios();
    this.#addRemarks(pauses, ratios);
    return { figures: this.#figures.all(), openings, sizes, pauses, ratios, clockNs };
  }

  /** Removes everything from the disk. */
  cleanUp(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #round(round: number): void {
    this.#onPhase(`round ${round} of ${this.#options.rounds}`);
    const figures = this.#figures;
    const measure = (work: Work): void => figures.round(work);
    measure(this.#preparing());
    this.#withCache('main', {}, (cache) => measure(this.#load(cache, round)));
    this.#withCache('main', { pageCacheBytes: this.#residentBytes }, (cache) => {
      for (const _ of cache.entries());
      for (const work of this.#resident(cache)) measure(work);
    });
    this.#coldTurns('main');
    this.#withCache('main', {}, (cache) => {
      for (const work of this.#overwriting(cache, round)) measure(work);
    });
    this.#remove('main');
    this.#durableTurns();
  }

  /** The same works once more with the clock read around each step, and other figures of the store at the same time. */
  async #singleSteps(): Promise<Pick<BenchResult, 'sizes' | 'openings' | 'pauses'>> {
    const figures = this.#figures;
    const { entries, rounds } = this.#options;
    const path = join(this.#directory, 'main');
    figures.steps(this.#preparing());
    const [loadMs, indexBytes] = this.#withCache('main', {}, (cache) => {
      const { max } = figures.steps(this.#load(cache, 0));
      return [max / 1000, cache.stats().indexBytes] as const;
    });
    const logBytes = this.#bytesOf('main', '.log');
    const imageBytes = this.#bytesOf('main', '.index');
    const openings = await measureOpenings(path, entries >>> 1, rounds);
    this.#withCache('main', { pageCacheBytes: this.#residentBytes }, (cache) => {
      for (const _ of cache.entries());
      for (const work of this.#resident(cache)) figures.steps(work);
    });
    this.#withCold('main', (works) => works.map((work) => figures.steps(work)));
    const [overwriteMs, compactions] = this.#withCache('main', {}, (cache) => {
      const maxima = this.#overwriting(cache, 1).map((work) => [work.name, figures.steps(work).max] as const);
      const longest = maxima.filter(([name]) => name.startsWith('overwrite')).map(([, us]) => us / 1000);
      return [Math.max(...longest), cache.stats().counters.compactions] as const;
    });
    const [logBytesMax, diskBytesMax] = this.#withCache('main', {}, (cache) => this.#largest(cache));
    this.#remove('main');
    this.#withDurable((works) => works.map((work) => figures.steps(work)));
    const payloadBytes = entries * (keyBytes + this.#values.length + metaBytes);
    const syncOf8MbMs = largeSyncMs(join(this.#directory, 'large'));
    return {
      sizes: { indexBytesPerKey: indexBytes / entries, payloadBytes, logBytes, imageBytes, logBytesMax, diskBytesMax },
      openings,
      pauses: { loadMs, overwriteMs, compactions, syncOf8MbMs },
    };
  }

  /** Restores deleted entries, overwrites everything and measures the size of the files from time to time. */
  #largest(cache: LogCache): [number, number] {
    let [logBytesMax, diskBytesMax] = [0, 0];
    for (const round of [2, 3]) {
      const work = this.#load(cache, round);
      for (let i = 0; i < work.steps; i += 1) {
        work.step(i);
        if (i % sizeSampleSteps > 0) continue;
        logBytesMax = Math.max(logBytesMax, cache.stats().logBytes);
        diskBytesMax = Math.max(diskBytesMax, this.#bytesOf('main', '.log'));
      }
    }
    return [logBytesMax, diskBytesMax];
  }

  /** The overhead of every work on a cache, and the noise of the machine. */
  #preparing(): Work {
    return preparations(this.#orders.load, this.#values);
  }

  #load(cache: LogCache, round: number): Work {
    return puts('put, random key order, sync at the end', cache, this.#orders.load, this.#values, { round });
  }

  #resident(cache: LogCache): Work[] {
    const { read } = this.#orders;
    return [hits('get, hit, resident', cache, read), misses(cache, read), scan(cache)];
  }

  #overwriting(cache: LogCache, round: number): Work[] {
    const { load, read, overwrite } = this.#orders;
    return [
      hits('get, hit, default page cache', cache, read, coldStepsMax),
      puts('overwrite, random order, sync at the end', cache, overwrite, this.#values, { round: 0x40 + round }),
      // Half of the log is dead by now: the first put starts a compaction.
      puts('overwrite, compactions included', cache, load, this.#values, { round: 0x80 + round, times: 2 }),
      prefixDeletions(cache),
    ];
  }

  #coldTurns(name: string): void {
    this.#withCold(name, (works) => this.#addTurns(works, coldTurnSteps));
  }

  #durableTurns(): void {
    this.#withDurable((works) => this.#addTurns(works, durableTurnSteps));
  }

  #addTurns(works: readonly [Work, Work], stepsPerTurn: number): void {
    const [first, second] = timeInTurns(works, stepsPerTurn);
    this.#figures.addRound(works[0], first);
    this.#figures.addRound(works[1], second);
  }

  #withCold(name: string, measure: (works: readonly [Work, Work]) => void): void {
    this.#withCache(name, { pageCacheBytes: pageCacheBytesMin }, (cache) => {
      const work = hits(coldGet, cache, this.#orders.read, coldStepsMax);
      const log = readdirSync(join(this.#directory, name)).find((file) => file.endsWith('.log')) ?? '';
      const path = join(this.#directory, name, log);
      const bare = new BareReads(path, work.steps, cache.stats().logBytes, this.#recordBytes);
      measure([work, bare]);
      bare.close();
    });
  }

  #withDurable(measure: (works: readonly [Work, Work]) => void): void {
    const steps = Math.min(durableStepsMax, Math.ceil(this.#options.entries / entriesPerDurableStep));
    const bare = new BareAppends(join(this.#directory, 'bare'), steps, this.#recordBytes);
    this.#withCache('durable', {}, (cache) => measure([durablePuts(cache, steps, this.#values), bare]));
    bare.close();
    this.#remove('durable');
  }

  #ratios(): Ratios {
    return {
      durablePut: this.#figures.ratio(durablePut, 'bare append and fdatasync'),
      coldGetTime: 1 / this.#figures.ratio(coldGet, 'bare positional read'),
    };
  }

  #addRemarks({ compactions }: Pauses, ratios: Ratios): void {
    const figures = this.#figures;
    figures.remark(durablePut, `${ratios.durablePut.toFixed(2)}x bare`);
    figures.remark(coldGet, `${ratios.coldGetTime.toFixed(2)}x the time of bare`);
    figures.remark('overwrite, compactions included', `${compactions} of them`);
    figures.remark('deletePrefix, runs of 100', 'us a call');
  }

  #withCache<Result>(name: string, options: LogCacheOptions, use: (cache: LogCache) => Result): Result {
    using cache = LogCache.open(join(this.#directory, name), options);
    return use(cache);
  }

  #bytesOf(name: string, ending: string): number {
    const directory = join(this.#directory, name);
    const files = readdirSync(directory).filter((file) => file.endsWith(ending));
    return files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
  }

  #remove(name: string): void {
    rmSync(join(this.#directory, name), { recursive: true, force: true });
  }
}
