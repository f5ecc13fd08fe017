/**
 * A page with fewer misses is not worth the memory of another: loading it costs as much as some twenty reads. Where all
 * pages are missed at random, counts reach 8 on average before a halving, and this hardly ever.
 */
const MISSES_MIN = 24;
const MISSES_MAX = 255;
/** After this many misses a page on average, all counts are halved. */
const MISSES_A_PAGE = 4;

/**
 * Counts how often each page of a log was missed of late, to tell pages that are asked for again and again from the rest:
 * where all are asked for alike, each is missed `MISSES_A_PAGE` times between two halvings and none gets far above.
 */
export class PageMisses {
  #counts = new Uint8Array(0);
  #sinceHalving = 0;

  /** Counts a miss of page `number`. Returns how often it was missed, or 0 where that is nothing to speak of. */
  add(number: number): number {
    if (number >= this.#counts.length) this.#grow(number);
    const misses = Math.min(MISSES_MAX, (this.#counts[number] as number) + 1);
    this.#counts[number] = misses;
    this.#sinceHalving += 1;
    if (this.#sinceHalving >= MISSES_A_PAGE * this.#counts.length) this.#halve();
    return misses < MISSES_MIN ? 0 : misses;
  }

  /** The page is in memory: what it missed before counts no more. */
  forget(number: number): void {
    this.#counts[number] = 0;
  }

  #grow(number: number): void {
    const counts = new Uint8Array(Math.max(64, 2 * number));
    counts.set(this.#counts);
    this.#counts = counts;
  }

  #halve(): void {
    for (let number = 0; number < this.#counts.length; number += 1) {
      this.#counts[number] = (this.#counts[number] as number) >>> 1;
    }
    this.#sinceHalving = 0;
  }
}
