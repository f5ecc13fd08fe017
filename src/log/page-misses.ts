/**
 * A page with fewer misses should not displace another: loading it costs as much as about twenty reads. If all pages are
 * missed at random, counts reach 8 on average before they are halved, and hardly ever this number.
 */
const MISSES_MIN = 24;
const MISSES_MAX = 255;
/** All counts are halved after this many misses per page on average. */
const MISSES_A_PAGE = 4;

/**
 * Counts the recent misses of each page of a log, to find the pages that are read again and again. If all pages are read
 * alike, each is missed `MISSES_A_PAGE` times between two halvings, and no count becomes much larger.
 */
export class PageMisses {
  #counts = new Uint8Array(0);
  #sinceHalving = 0;

  /** Counts a miss of page `number`. Returns its misses, 24 to 255, or 0 if they are too few to load the page. */
  add(number: number): number {
    if (number >= this.#counts.length) this.#grow(number);
    const misses = Math.min(MISSES_MAX, (this.#counts[number] as number) + 1);
    this.#counts[number] = misses;
    this.#sinceHalving += 1;
    if (this.#sinceHalving >= MISSES_A_PAGE * this.#counts.length) this.#halve();
    return misses < MISSES_MIN ? 0 : misses;
  }

  /** Resets the count of a page that was loaded. */
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
