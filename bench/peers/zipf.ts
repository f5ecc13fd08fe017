/**
 * Ranks below `count` by Zipf's law: rank r has a probability proportional to 1 / (r + 1) ** exponent. It keeps the
 * sums of the weights, so that a draw is exact: a binary search for a uniform number.
 */
export class Zipf {
  readonly #sums: Float64Array;

  constructor(count: number, exponent: number) {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`count must be a whole number above 0, not ${count}`);
    this.#sums = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank += 1) {
      sum += (rank + 1) ** -exponent;
      this.#sums[rank] = sum;
    }
  }

  /** The rank for a uniform number from 0 (included) to 1 (excluded). */
  rankOf(uniform: number): number {
    const target = uniform * (this.#sums.at(-1) as number);
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sums[middle] as number) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
