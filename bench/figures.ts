import { medianOf, type Percentiles, percentilesOf } from './percentiles.ts';
import { type Cost, timeSteps, timeWhole, type Work } from './work.ts';

/** The figures of one work. */
export interface Figure {
  readonly work: string;
  /** The operations of one round. */
  readonly operations: number;
  /** Operations a second: the median of the rounds, and their extremes. */
  readonly perSecond: { readonly median: number; readonly min: number; readonly max: number };
  /** Processor time of one operation, the median of the rounds; the platform may count it in milliseconds. */
  readonly cpuMicroseconds: number;
  /** Durations of single steps, in microseconds. */
  readonly microseconds: Percentiles | undefined;
  readonly remark: string;
}

/** Collects rounds and steps of works by their names, in the order of their first measurement. */
export class Figures {
  readonly #operations: Map<string, number> = new Map();
  readonly #rates: Map<string, number[]> = new Map();
  readonly #cpus: Map<string, number[]> = new Map();
  readonly #steps: Map<string, Percentiles> = new Map();
  readonly #remarks: Map<string, string> = new Map();

  /** Measures one round of a work. */
  round(work: Work): void {
    this.addRound(work, timeWhole(work));
  }

  addRound({ name, steps, operationsPerStep = 1 }: Work, { ms, cpuMs }: Cost): void {
    const operations = steps * operationsPerStep;
    this.#operations.set(name, operations);
    this.#rates.set(name, [...(this.#rates.get(name) ?? []), (operations / ms) * 1000]);
    this.#cpus.set(name, [...(this.#cpus.get(name) ?? []), (cpuMs / operations) * 1000]);
  }

  /** Measures the single steps of a work. */
  steps(work: Work): Percentiles {
    const percentiles = percentilesOf(timeSteps(work));
    this.#steps.set(work.name, percentiles);
    return percentiles;
  }

  remark(work: string, text: string): void {
    this.#remarks.set(work, text);
  }

  /** The median rate of `work` as a multiple of that of `other`, computed round by round. */
  ratio(work: string, other: string): number {
    const others = this.#rates.get(other) ?? [];
    return medianOf((this.#rates.get(work) ?? []).map((rate, round) => rate / (others[round] ?? rate)));
  }

  all(): Figure[] {
    return [...this.#rates].map(([work, rates]) => ({
      work,
      operations: this.#operations.get(work) ?? 0,
      perSecond: { median: medianOf(rates), min: Math.min(...rates), max: Math.max(...rates) },
      cpuMicroseconds: medianOf(this.#cpus.get(work) ?? []),
      microseconds: this.#steps.get(work),
      remark: this.#remarks.get(work) ?? '',
    }));
  }
}
