import { assertFunction, kindOf } from '../base/argument.ts';

/** Microseconds spent in each phase of a call; 0 for a phase that was not entered. */
export interface PhaseDurations {
  /** Reading the cache. */
  readonly lookupUs: number;
  /** Reading the head of the stream. */
  readonly headUs: number;
  /** Wait for a fold that another call had begun. */
  readonly waitUs: number;
  /** Reading events and folding them. */
  readonly foldUs: number;
  /** Encoding and decoding states. */
  readonly codecUs: number;
  /** Writing to the cache, as far as the call waits for it. */
  readonly storeUs: number;
  /** The whole call, including time that no phase counts. */
  readonly totalUs: number;
}

/** A phase of a call. */
export type Phase = 'lookup' | 'head' | 'wait' | 'fold' | 'codec' | 'store';

const US_PER_MS = 1000;

/** Measures the phases of one call. `elapsed` returns the time of a monotonic clock in milliseconds. */
export class Stopwatch {
  readonly #elapsed: () => number;
  readonly #began: number;
  readonly #spent: Record<Phase, number> = { lookup: 0, head: 0, wait: 0, fold: 0, codec: 0, store: 0 };
  #phase: Phase | undefined;
  #phaseBegan = 0;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
    this.#began = elapsed();
  }

  /** Ends the current phase and starts `phase`, if there is one. */
  enter(phase: Phase | undefined): void {
    const now = this.#elapsed();
    if (this.#phase !== undefined) this.#spent[this.#phase] += now - this.#phaseBegan;
    this.#phase = phase;
    this.#phaseBegan = now;
  }

  durations(): PhaseDurations {
    this.enter(undefined);
    const { lookup, head, wait, fold, codec, store } = this.#spent;
    return {
      lookupUs: lookup * US_PER_MS,
      headUs: head * US_PER_MS,
      waitUs: wait * US_PER_MS,
      foldUs: fold * US_PER_MS,
      codecUs: codec * US_PER_MS,
      storeUs: store * US_PER_MS,
      totalUs: (this.#phaseBegan - this.#began) * US_PER_MS,
    };
  }
}

/** Throws `TypeError` for an invalid clock. */
export function checkedElapsed(elapsed: () => number): () => number {
  assertFunction(elapsed, 'elapsed');
  const ms: unknown = elapsed();
  if (Number.isFinite(ms)) return elapsed;
  throw new TypeError(`elapsed must return milliseconds as a finite number; got ${String(ms)} (${kindOf(ms)})`);
}
