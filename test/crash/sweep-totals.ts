import { formatCount, formatTable } from '../../bench/table.ts';
import type { CrashCount } from './crash-sweep.ts';
import type { Swept } from './sweep-pool.ts';

/** The totals of all workers. */
export class SweepTotals {
  /** The digests of all disks that any worker opened. */
  readonly #census = new Set<number>();
  readonly #count: CrashCount = { workloads: 0, points: 0, states: 0, recoveriesCrashed: 0, compactions: 0 };
  #shipped = 0;
  #cpuMs = 0;

  add({ count, digests, shipped, cpuMs }: Swept): void {
    for (const digest of digests) this.#census.add(digest);
    for (const name of Object.keys(count) as (keyof CrashCount)[]) this.#count[name] += count[name];
    this.#cpuMs += cpuMs;
    if (shipped) this.#shipped += 1;
  }

  /** How many different disks were opened. */
  get distinct(): number {
    return this.#census.size;
  }

  get workloads(): number {
    return this.#count.workloads;
  }

  /** A table for people. */
  format(seconds: number): string {
    const { workloads, points, states, recoveriesCrashed, compactions } = this.#count;
    const rows: readonly (readonly [string, number])[] = [
      ['workloads', workloads],
      ['of them on the shipped engine', this.#shipped],
      ['crash points', points],
      ['crash states tried', states],
      ['distinct crash states, each opened', this.distinct],
      ['recoveries crashed in turn', recoveriesCrashed],
      ['compactions', compactions],
      ['seconds', seconds],
      ['distinct states a second', this.distinct / seconds],
      ['processor seconds of the workers', this.#cpuMs / 1000],
    ];
    return formatTable(
      ['crash sweep', ''],
      rows.map(([name, figure]) => [name, formatCount(figure)]),
    );
  }
}
