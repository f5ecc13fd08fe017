import type { Durability } from '../../src/store/log-store-options.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { KEYS, PREFIXES } from './contents.ts';

/** One step of a workload. Lengths are bytes of bodies. */
export type Step =
  | { readonly kind: 'put'; readonly key: string; readonly length: number }
  | { readonly kind: 'batch'; readonly puts: readonly { readonly key: string; readonly length: number }[] }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'delete-prefix'; readonly prefix: string }
  /** Every entry is read. */
  | { readonly kind: 'read' }
  /** A reader opens the store during writes, and reads every entry. */
  | { readonly kind: 'reader' }
  | { readonly kind: 'sync' }
  /** Started and not awaited. */
  | { readonly kind: 'sync-async' }
  /** The turn of the event loop ends. */
  | { readonly kind: 'turn' }
  | { readonly kind: 'compact' }
  /** Started and not awaited: the next steps write meanwhile. */
  | { readonly kind: 'compact-async' }
  /** Closed, which writes the image, and opened again. */
  | { readonly kind: 'reopen' }
  /** The process is killed and another one opens the store. */
  | { readonly kind: 'kill' };

export interface Workload {
  readonly seed: number;
  readonly durability: Durability;
  readonly steps: readonly Step[];
}

/**
 * Equal lengths are frequent: then records of different runs start at the same offsets, where stale records do most
 * harm.
 */
const LENGTHS: readonly number[] = [24, 24, 24, 24, 24, 0, 5, 40, 100, 300];
const LENGTHS_BIG: readonly number[] = [24, 24, 24, 600, 1500];

type StepKind = Step['kind'];

const WEIGHTS: Readonly<Record<StepKind, number>> = {
  put: 40,
  batch: 8,
  delete: 6,
  'delete-prefix': 5,
  read: 2,
  reader: 2,
  sync: 12,
  'sync-async': 6,
  turn: 10,
  compact: 3,
  'compact-async': 4,
  reopen: 3,
  kill: 3,
};

/**
 * The workload of a seed. One in four syncs in every call; one in eight has bodies larger than a page of a small
 * engine.
 */
export function workloadOf(seed: number, stepsMax = 30): Workload {
  const random = seededRandom(seed);
  const lengths = random() % 8 === 0 ? LENGTHS_BIG : LENGTHS;
  const durability = random() % 4 === 0 ? 'on-put' : 'on-sync';
  const count = Math.ceil(stepsMax / 4) + (random() % stepsMax);
  const steps = Array.from({ length: count }, () => stepOf(random, lengths));
  return { seed, durability, steps };
}

function stepOf(random: () => number, lengths: readonly number[]): Step {
  const pick = <Item>(items: readonly Item[]): Item => items[random() % items.length] as Item;
  const put = () => ({ key: pick(KEYS), length: pick(lengths) });
  const kind = weighted(random);
  switch (kind) {
    case 'put':
      return { kind, ...put() };
    case 'batch':
      return { kind, puts: Array.from({ length: 1 + (random() % 4) }, put) };
    case 'delete':
      return { kind, key: pick(KEYS) };
    case 'delete-prefix':
      return { kind, prefix: pick(PREFIXES) };
    default:
      return { kind };
  }
}

function weighted(random: () => number): StepKind {
  const total = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);
  let left = random() % total;
  for (const [kind, weight] of Object.entries(WEIGHTS)) {
    if (left < weight) return kind as StepKind;
    left -= weight;
  }
  return 'put';
}
