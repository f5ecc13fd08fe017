/** Adds up the time between starts and stops, with the clock of its owner. */
export class Stopwatch {
  readonly #nowMs: () => number;
  #totalMs = 0;
  #startedAtMs: number | undefined;

  /** `nowMs` is a clock in milliseconds that never steps back, such as `performance.now`. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  start(): void {
    this.#startedAtMs = this.#nowMs();
  }

  stop(): void {
    if (this.#startedAtMs === undefined) return;
    this.#totalMs += this.#nowMs() - this.#startedAtMs;
    this.#startedAtMs = undefined;
  }

  /** The milliseconds between all starts and stops so far. */
  get ms(): number {
    return this.#totalMs;
  }
}
