/**
 * How often a cache that evicts finds what it is asked for: `npm run bench:eviction`.
 *
 * A `LogCache` with `maxBytes` is asked for keys and given those it misses, beside simulated caches that may hold as many
 * entries. Keys are drawn by Zipf's law, alone, with scans of keys that never come again, and with a popularity that moves.
 * Every cache gets the same requests; those of scans and of the first quarter do not count.
 */
import { fileURLToPath } from 'node:url';
import { LogCache, MemoryStorage } from '../src/index.ts';
import { runBenchCommand } from './bench-command.ts';
import { formatTable } from './table.ts';
import { randomFrom } from './workload.ts';

const sizes = [0.01, 0.05, 0.2];
const valueBytes = 64;
const scanEvery = 10_000;
/** As a share of the entries that a cache may hold. */
const scanShare = 0.2;
const moveEvery = 50_000;
const keyDigits = 8;
const meta = { watermark: 1n, cachedAtUs: 1n };

interface Workload {
  readonly name: string;
  readonly exponent: number;
  readonly scans?: boolean;
  readonly moves?: boolean;
}

const workloads: readonly Workload[] = [
  { name: 'Zipf 0.9', exponent: 0.9 },
  { name: 'Zipf 1.0', exponent: 1 },
  { name: 'Zipf 0.9, scans', exponent: 0.9, scans: true },
  { name: 'Zipf 1.0, scans', exponent: 1, scans: true },
  { name: 'Zipf 0.9, moving', exponent: 0.9, moves: true },
];

/** The parameters of the benchmark; each has a default. */
export interface EvictionBench {
  readonly keys?: number;
  readonly requests?: number;
}

/** Hits per hundred requests of one workload at one size. */
export interface EvictionFigure {
  readonly workload: string;
  /** The entries that the caches may hold, as a share of the keys. */
  readonly size: number;
  readonly lru: number;
  readonly fifo: number;
  readonly random: number;
  readonly logCache: number;
}

/** The common interface of the caches: returns whether a key was found, and keeps it afterwards. */
interface Policy {
  request(key: number): boolean;
}

/** Evicts the entry that was put longest ago; with `promotes`, the least recently used one. */
class Queue implements Policy {
  readonly #entriesMax: number;
  readonly #promotes: boolean;
  readonly #keys = new Set<number>();

  constructor(entriesMax: number, promotes: boolean) {
    this.#entriesMax = entriesMax;
    this.#promotes = promotes;
  }

  request(key: number): boolean {
    const hit = this.#keys.has(key);
    if (hit && !this.#promotes) return true;
    if (hit) this.#keys.delete(key);
    else if (this.#keys.size === this.#entriesMax) this.#keys.delete(this.#keys.keys().next().value as number);
    this.#keys.add(key);
    return hit;
  }
}

class RandomChoice implements Policy {
  readonly #entriesMax: number;
  readonly #random = randomFrom(31);
  readonly #places = new Map<number, number>();
  readonly #keys: number[] = [];

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  request(key: number): boolean {
    if (this.#places.has(key)) return true;
    let place = this.#keys.length;
    if (place === this.#entriesMax) {
      place = this.#random() % this.#entriesMax;
      this.#places.delete(this.#keys[place] as number);
    }
    this.#keys[place] = key;
    this.#places.set(key, place);
    return false;
  }
}

class BoundedLogCache implements Policy {
  readonly #cache: LogCache;
  readonly #value = new Uint8Array(valueBytes);

  constructor(entriesMax: number, entryBytes: number) {
    this.#cache = LogCache.open('bounded', { storage: new MemoryStorage(), maxBytes: entriesMax * entryBytes });
  }

  /** The size of every entry here: all keys and values have the same lengths. */
  static entryBytes(): number {
    const one = new BoundedLogCache(1, 1_000_000);
    one.request(0);
    return one.#cache.stats().liveBytes;
  }

  request(key: number): boolean {
    const name = String(key).padStart(keyDigits, '0');
    if (this.#cache.get(name) !== undefined) return true;
    this.#cache.put(name, this.#value, meta);
    return false;
  }
}

/** The hit ratios of every workload at every size. */
export function measureEviction({ keys = 50_000, requests = 400_000 }: EvictionBench = {}): readonly EvictionFigure[] {
  const entryBytes = BoundedLogCache.entryBytes();
  return workloads.flatMap((workload) => {
    const draw = zipf(keys, workload.exponent);
    return sizes.map((size) => {
      const entriesMax = Math.max(1, Math.round(keys * size));
      const trace = requestsOf(workload, { keys, requests, draw, scanLength: Math.round(entriesMax * scanShare) });
      const hits = (policy: Policy): number => hitPercent(policy, trace, keys);
      return {
        workload: workload.name,
        size,
        lru: hits(new Queue(entriesMax, true)),
        fifo: hits(new Queue(entriesMax, false)),
        random: hits(new RandomChoice(entriesMax)),
        logCache: hits(new BoundedLogCache(entriesMax, entryBytes)),
      };
    });
  });
}

/** Ranks from 0, each drawn in proportion to `1 / (rank + 1) ** exponent`. */
function zipf(keys: number, exponent: number): () => number {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank += 1) {
    sum += (rank + 1) ** -exponent;
    sums[rank] = sum;
  }
  const random = randomFrom(17);
  return () => {
    const drawn = (random() / 2 ** 32) * sum;
    let low = 0;
    let high = keys - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] as number) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

interface Requests {
  readonly keys: number;
  readonly requests: number;
  readonly draw: () => number;
  readonly scanLength: number;
}

/** Keys from `keys` on are those of scans. */
function requestsOf(workload: Workload, { keys, requests, draw, scanLength }: Requests): Int32Array {
  const scans = workload.scans === true ? Math.floor(requests / scanEvery) : 0;
  const trace = new Int32Array(requests + scans * scanLength);
  let at = 0;
  let scanned = keys;
  for (let i = 1; i <= requests; i += 1) {
    const moved = workload.moves === true ? Math.floor(i / moveEvery) * Math.floor(keys / 13) : 0;
    trace[at] = (draw() + moved) % keys;
    at += 1;
    if (scans === 0 || i % scanEvery !== 0) continue;
    for (const end = scanned + scanLength; scanned < end; scanned += 1) {
      trace[at] = scanned;
      at += 1;
    }
  }
  return trace;
}

function hitPercent(policy: Policy, trace: Int32Array, keys: number): number {
  let hits = 0;
  let counted = 0;
  for (const [i, key] of trace.entries()) {
    const hit = policy.request(key);
    if (i < trace.length / 4 || key >= keys) continue;
    counted += 1;
    if (hit) hits += 1;
  }
  return (100 * hits) / counted;
}

/** The figures as text. */
export function formatEviction(figures: readonly EvictionFigure[]): string {
  const rows = figures.map(({ workload, size, lru, fifo, random, logCache }) => [
    workload,
    `${size * 100} %`,
    ...[logCache, lru, fifo, random].map((percent) => percent.toFixed(1)),
  ]);
  return formatTable(['requests', 'size', 'LogCache', 'LRU', 'FIFO', 'random'], rows);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBenchCommand(
    {
      script: 'bench:eviction',
      about: `Hits per hundred requests: of a LogCache with maxBytes, and of simulated caches
that hold as many entries. Higher is better; below 0.5 a difference means
nothing. size: how many entries fit, as a share of the keys. Zipf: a few keys
are requested most; scans: keys that never come again; moving: other keys become
popular.`,
      takesDirectory: false,
      run: () => formatEviction(measureEviction()),
    },
    process.argv.slice(2),
  );
}
