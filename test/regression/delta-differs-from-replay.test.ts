/*
 * States that JSON does not preserve exactly were folded differently from the cache: an object in two places is one
 * object in a replay and two after a hit, and a property set to `undefined` exists in a replay and is absent after a
 * hit.
 */
import { expect, test } from 'vitest';
import { jsonCodec } from '../../src/projection/json-codec.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from '../projection/memory-log.ts';
import { ProjectorSetup } from '../projection/ways.ts';

interface Line {
  qty: number;
}

const cart: Projection<{ current?: Line; all: Line[] }, Change> = {
  name: 'cart',
  initial: () => ({ all: [] }),
  apply: (state, { kind, amount }) => {
    if (kind === 'more' && state.current !== undefined) {
      state.current.qty += amount;
      return state;
    }
    const current = { qty: amount };
    return { current, all: [...state.all, current] };
  },
};

interface Setting {
  limit: number | undefined;
}

const limit: Projection<Setting, Change> = {
  name: 'limit',
  initial: () => ({ limit: 0 }),
  apply: (state, { kind, amount }) => {
    if (kind === 'cleared') return Object.freeze({ limit: undefined });
    const { limit: current = 100 } = state;
    return { limit: 'limit' in state ? current + amount : -1 };
  },
};

function foldedInPieces<State>(projection: Projection<State, Change>, changes: readonly (readonly [string, number])[]) {
  const setup = new ProjectorSetup();
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  const inPieces = changes.map(([kind, amount]) => {
    setup.log.append('a', amount, kind);
    return projector.project(projection, 'a');
  });
  return { inPieces: inPieces.at(-1), atOnce: projector.project({ ...projection, version: 1 }, 'a') };
}

test('an object in two places is refused, with the path', () => {
  const changes = [['added', 1] as const, ['more', 5] as const];
  expect(() => foldedInPieces(cart, changes)).toThrow(
    /JSON cannot hold (current|all\[0\]) \(an object that is in the state/,
  );
});

test('undefined is refused, or dropped in a fold in parts and at once alike', () => {
  const changes = [['added', 7] as const, ['cleared', 0] as const, ['added', 1] as const];
  expect(() => foldedInPieces(limit, changes)).toThrow('JSON cannot hold limit (undefined)');
  const dropping = { ...limit, codec: jsonCodec<Setting>({ dropUndefined: true }) };
  expect(foldedInPieces(dropping, changes)).toEqual({ inPieces: { limit: -1 }, atOnce: { limit: -1 } });
});

test('a codec derived from it keeps this behaviour', () => {
  const json = jsonCodec<Setting>({ dropUndefined: true });
  const reversed = {
    ...json,
    encode: (state: Setting) => json.encode(state).reverse(),
    decode: (bytes: Uint8Array) => json.decode(bytes.reverse()),
  };
  const changes = [['cleared', 0] as const, ['added', 1] as const];
  expect(foldedInPieces({ ...limit, codec: reversed }, changes)).toEqual({
    inPieces: { limit: -1 },
    atOnce: { limit: -1 },
  });
});
