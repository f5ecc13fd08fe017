import type { Engine } from '../engines/engine-source.ts';
import { contentsOf, openStore } from '../store/store-history.ts';
import { type Damage, everyDamage } from './damages.ts';
import { expectHonest } from './honest-store.ts';
import { betweenGenerations, mixtures } from './mixed-files.ts';
import { everyKind, type StoreState, smallStates, someSectors } from './store-states.ts';

/** The states whose files are damaged. */
export function sweptStates(engine: Engine): StoreState[] {
  return [
    ...smallStates(engine),
    betweenGenerations(engine),
    someSectors(engine).killed('of some sectors, killed'),
    someSectors(engine).closed('of some sectors, closed'),
    someSectors(engine)
      .compact()
      .putMany(['key 4', 'after'], ['c', 'd'.repeat(700)])
      .deletePrefix('key 1')
      .sync()
      .killed('of some sectors, compacted'),
    everyKind(engine).compact().put('a', 'x').delete('d').closed('compacted, written to and closed'),
  ];
}

/**
 * Applies every kind of damage to every file of stores in several states, one damage at a time. It checks that what is
 * left opens, never lies, accepts writes, and has the same contents after the next crash.
 */
export class CorruptionSweep {
  readonly #engine: Engine;
  /** What was done so far. `forgot`: how many damages cost entries. */
  readonly count = { states: 0, files: 0, damages: 0, forgot: 0 };

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Tries the damages to one state; with `every`, one in so many. Throws an error that names the first lie. */
  run(state: StoreState, every = 1): void {
    const whole = contentsOf(openStore(state.disk.afterKill(), { engine: this.#engine })).size;
    let number = 0;
    for (const damage of everyDamage(state.disk)) {
      number += 1;
      if (number % every === 0) this.#judge(state, damage, whole);
    }
    this.count.states += 1;
    this.count.files += state.disk.names.length;
  }

  /** Tries directories in which whole files do not belong together. */
  runMixtures(): void {
    for (const { name, disk, history } of mixtures(this.#engine)) {
      const whole = history.current.size;
      const contents = expectHonest(disk, history, `a directory with ${name}`, false, this.#engine);
      this.count.damages += 1;
      if (contents.size < whole) this.count.forgot += 1;
    }
  }

  #judge({ name, disk, history, endIsCovered }: StoreState, damage: Damage, whole: number): void {
    const damaged = disk.afterKill();
    if (damage.contents === undefined) damaged.take(damage.file);
    else damaged.place(damage.file, damage.contents);
    const mayBeEarlier = damage.reachesEnd && damage.file.endsWith('.log') && !endIsCovered;
    const contents = expectHonest(damaged, history, `a store ${name}, ${damage.name}`, mayBeEarlier, this.#engine);
    this.count.damages += 1;
    if (contents.size < whole) this.count.forgot += 1;
  }
}
