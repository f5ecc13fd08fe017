import { seededRandom } from '../../src/testing/index.ts';
import { sweptStates } from '../corruption/corruption-sweep.ts';
import type { StoreState } from '../corruption/store-states.ts';
import type { Engine } from '../engines/engine-source.ts';
import { recordsOf } from '../store/log-records.ts';
import type { Contents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';
import { type FuzzCase, filesOf, play } from './fuzz-case.ts';
import { anyBytes, below, mutate, type Random } from './mutation.ts';

const MARK_KIND = 5;
const BLOCKS_MAX = 24;

/** A case that was opened and proved wrong. */
export interface Finding {
  readonly fuzzCase: FuzzCase;
  readonly error: unknown;
}

/** Opens files with arbitrary contents: a numbered sequence of cases, the same for the same seed. */
export class Fuzzer {
  readonly #engine: Engine;
  readonly #seed: number;
  readonly #states: readonly StoreState[];
  readonly count = { executions: 0, held: 0, forgot: 0 };

  constructor(engine: Engine, seed: number) {
    this.#engine = engine;
    this.#seed = seed;
    this.#states = sweptStates(engine);
  }

  /** Generates the case of a number and plays it; returns the error, if any. */
  execute(number: number): Finding | undefined {
    const random = seededRandom(Math.imul(this.#seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b));
    for (let i = 0; i < 4; i += 1) random();
    const story = `fuzz case ${number} of seed ${this.#seed}`;
    const fuzzCase = below(random, 8) === 0 ? rubbish(story, random) : this.#mutation(story, random);
    this.count.executions += 1;
    try {
      if (play(fuzzCase, this.#engine).size > 0) this.count.held += 1;
      else this.count.forgot += 1;
      return undefined;
    } catch (error) {
      return { fuzzCase, error };
    }
  }

  #mutation(story: string, random: Random): FuzzCase {
    const state = this.#states[below(random, this.#states.length)] as StoreState;
    const disk = state.disk.afterKill();
    mutate(disk, random);
    return { story: `${story}, of a store ${state.name}`, files: filesOf(disk), allowed: allowedIn(state, disk) };
  }
}

/** Random bytes as log, as image or as both. */
function rubbish(story: string, random: Random): FuzzCase {
  const disk = new TestDisk();
  for (const name of ['000001.log', '000001.index', '000002.log']) {
    const blocks = below(random, BLOCKS_MAX);
    const bytes = Array.from({ length: blocks }, () => [...anyBytes(random)]).flat();
    if (below(random, 2) === 0) disk.place(name, Uint8Array.from(bytes));
  }
  return { story: `${story}, of rubbish`, files: filesOf(disk), allowed: {} };
}

/**
 * If the last mark of the store is still in place, or its image covers the same, then what it covers was durable: only
 * the newest values are allowed. Otherwise the damage is indistinguishable from an earlier crash, and older values are
 * allowed too.
 */
function allowedIn({ disk, history }: StoreState, damaged: TestDisk): Record<string, string[]> {
  const states: readonly Contents[] = hasLastMark(disk, damaged)
    ? history.states.slice(history.synced)
    : history.states;
  const allowed: Record<string, string[]> = {};
  for (const state of states) {
    for (const [key, body] of state) {
      const bodies = allowed[key] ?? [];
      if (!bodies.includes(body)) bodies.push(body);
      allowed[key] = bodies;
    }
  }
  return allowed;
}

/** Whether the newest complete log still has its last mark. */
function hasLastMark(disk: TestDisk, damaged: TestDisk): boolean {
  const log = disk.names.findLast((name) => name.endsWith('.log'));
  if (
    log === undefined ||
    !damaged.names.includes(log) ||
    disk.names.filter((name) => name.endsWith('.log')).length > 1
  ) {
    return false;
  }
  const mark = recordsOf(disk, log).findLast(({ kind }) => kind === MARK_KIND);
  if (mark === undefined) return false;
  const before = disk.bytes(log).subarray(mark.offset, mark.end);
  return Buffer.compare(before, damaged.bytes(log).subarray(mark.offset, mark.end)) === 0;
}
