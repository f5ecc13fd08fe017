import type { Projection, StateCodec } from '../../src/projection/projection.ts';
import { cart, counts, doubles, fromConstant, path, sparse, swapped } from './hostile-projections.ts';

export interface HistoryEvent {
  readonly kind: 'added' | 'scaled' | 'closed' | 'noted';
  readonly amount: number;
}

/** Any state: results are compared as callers see them. */
export type AnyProjection = Projection<unknown, HistoryEvent>;

const MODULUS = 1_000_003;

/** Depends on every event before it and on their order. */
function mixed(digest: number, { kind, amount }: HistoryEvent, version: number): number {
  return (digest * 31 + amount * 7 + kind.length + version) % MODULUS;
}

/** A codec that copies nothing, as one for binary state may. */
const bytesAsTheyAre: StateCodec<Uint8Array> = { encode: (state) => state, decode: (bytes) => bytes };

function digest(version: number): Projection<{ digest: number; path: string[] }, HistoryEvent> {
  return {
    name: 'digest',
    version,
    initial: () => ({ digest: 1, path: [] }),
    apply: (state, event) => {
      state.digest = mixed(state.digest, event, version);
      state.path.push(event.kind);
      return state;
    },
  };
}

function added(version: number): Projection<number, HistoryEvent> {
  const apply = (state: number, event: HistoryEvent): number => mixed(state, event, version);
  return { name: 'added', version, kinds: ['added', 'scaled'], initial: () => 2, apply };
}

/** Has no state after an event of kind 'closed'. */
function open(version: number): Projection<{ readonly digest: number }, HistoryEvent> {
  return {
    name: 'open',
    version,
    kinds: ['closed', 'added'],
    initial: () => ({ digest: 3 }),
    apply: (state, event) => (event.kind === 'closed' ? undefined : { digest: mixed(state.digest, event, version) }),
  };
}

function whole(version: number): Projection<number[], HistoryEvent> {
  const apply = (state: number[], event: HistoryEvent): number[] => [...state, mixed(4, event, version)];
  return { name: 'whole', version, incremental: false, initial: () => [], apply };
}

function bytes(version: number): Projection<Uint8Array, HistoryEvent> {
  return {
    name: 'bytes',
    version,
    kinds: ['noted', 'added'],
    initial: () => new Uint8Array(4),
    apply: (state, event) => {
      const at = event.amount % state.length;
      state[at] = mixed(state[at] ?? 0, event, version);
      return state;
    },
    codec: bytesAsTheyAre,
  };
}

/** A new version folds the same events into another state. */
export type ProjectionMaker = (version: number) => AnyProjection;

export const projectionMakers: readonly ProjectionMaker[] = [
  ...[digest, added, open, whole, bytes],
  ...[swapped, doubles, fromConstant, path, sparse, cart, counts],
];
