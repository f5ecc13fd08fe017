import { jsonCodec } from '../../src/projection/json-codec.ts';
import type { Projection, StateCodec } from '../../src/projection/projection.ts';
import type { HistoryEvent } from './history-projections.ts';

/** Projections and codecs that do what is allowed and unusual. */

const MODULUS = 1_000_003;

function mixed(digest: number, { kind, amount }: HistoryEvent, version: number): number {
  return (digest * 31 + amount * 7 + kind.length + version) % MODULUS;
}

/** One buffer for all states, as fast serialisers have. */
const reused: Buffer = Buffer.alloc(64);

/** Encodes into a buffer that it reuses, and decodes in place. */
const inPlace: StateCodec<number> = {
  encode: (state) => {
    reused.writeUInt32BE(state, 8);
    return reused.subarray(8, 12);
  },
  decode: ({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length).swap32().readUInt32LE(),
};

export function swapped(version: number): Projection<number, HistoryEvent> {
  return {
    name: 'swapped',
    version,
    initial: () => 5,
    apply: (state, event) => mixed(state, event, version),
    codec: inPlace,
  };
}

/** Views of the bytes they were decoded from, which are encoded without a copy and written to by the next event. */
export function doubles(version: number): Projection<Float64Array, HistoryEvent> {
  return {
    name: 'doubles',
    version,
    kinds: ['noted', 'added'],
    initial: () => new Float64Array(3),
    apply: (state, event) => {
      const at = event.amount % state.length;
      state[at] = mixed(state[at] ?? 0, event, version) / 2;
      return state;
    },
    codec: {
      encode: ({ buffer }) => new Uint8Array(buffer),
      decode: ({ buffer }) => new Float64Array(buffer as ArrayBuffer),
    },
  };
}

/** Starts from one frozen object, and changes the state it gets. */
const nothing = Object.freeze({ path: Object.freeze([]) as readonly string[] as string[] });

export function fromConstant(version: number): Projection<{ readonly path: string[] }, HistoryEvent> {
  return {
    // A name that differs from 'path' only by a character that decoders tend to drop.
    name: '\ufeffpath',
    version,
    initial: () => nothing,
    apply: (state, { kind, amount }) => {
      if (kind === 'closed') return undefined;
      state.path.push(`${kind} ${amount + version}`);
      return state;
    },
  };
}

export function path(version: number): Projection<string[], HistoryEvent> {
  return { name: 'path', version, initial: () => [], apply: (state, { kind }) => [kind, ...state].slice(0, 5) };
}

interface Sparse {
  readonly last?: number | undefined;
  readonly seen: readonly { readonly note?: string | undefined }[];
}

/** Has properties that are `undefined`, and tests whether they exist. */
export function sparse(version: number): Projection<Sparse, HistoryEvent> {
  return {
    name: 'sparse',
    version,
    initial: () => ({ last: undefined, seen: [] }),
    apply: (state, { kind, amount }) => {
      const last = kind === 'noted' ? undefined : amount + version + ('last' in state ? 1 : 0);
      const notes = state.seen.map((item) => ('note' in item ? item : { note: 'was dropped' }));
      return Object.freeze({ last, seen: [...notes.slice(-3), { note: amount % 2 === 0 ? undefined : kind }] });
    },
    codec: jsonCodec({ dropUndefined: true }),
  };
}

interface Cart {
  readonly current: { qty: number };
  readonly all: { qty: number }[];
  readonly last: number;
}

/** Sometimes has an object in two places, or a minus zero: then it may be refused, but must not be changed. */
export function cart(version: number): Projection<Cart, HistoryEvent> {
  return {
    name: 'cart',
    version,
    initial: () => ({ current: { qty: 0 }, all: [], last: 0 }),
    apply: (state, { kind, amount }) => {
      if (kind === 'noted' && amount < 5) return { ...state, last: -amount };
      if (kind === 'noted') return { ...state, all: [...state.all.slice(-2), state.current] };
      if (kind === 'closed') return { current: { qty: version }, all: state.all.map(({ qty }) => ({ qty })), last: 1 };
      state.current.qty += amount + 1;
      return { ...state, last: 1 / state.last > 0 ? amount + 1 : 0.5 };
    },
  };
}

/** Is decoded in another order than it was encoded, and encoded in its present order. */
export function counts(version: number): Projection<Map<string, number>, HistoryEvent> {
  return {
    name: 'counts',
    version,
    initial: () => new Map(),
    apply: (state, { kind, amount }) => state.set(kind, ((state.get(kind) ?? 0) + amount + version) % MODULUS),
    codec: {
      encode: (state) => new TextEncoder().encode(JSON.stringify([...state])),
      decode: (bytes) => new Map((JSON.parse(new TextDecoder().decode(bytes)) as [string, number][]).sort()),
    },
  };
}

/** The change to a state after each event, by the name of its projection: from the documentation, not from the code. */
export const settledBy: Readonly<Record<string, (state: unknown) => unknown>> = {
  sparse: (state) => JSON.parse(JSON.stringify(state)) as unknown,
};

/** Whether a state of `cart` may be refused. */
export function isInexact(state: unknown): boolean {
  const { current, all, last } = state as Cart;
  return Object.is(last, -0) || new Set([current, ...all]).size < all.length + 1;
}
