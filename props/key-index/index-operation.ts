import fc from 'fast-check';
import { prefixSuccessor } from '../../src/base/prefix-successor.ts';
import { ALL_KEYS, type KeyInterval } from '../../src/key-index/index-cursor.ts';

interface PutOperation {
  readonly kind: 'put';
  readonly key: Uint8Array;
  readonly location: number;
  readonly units: number;
}
interface RemoveOperation {
  readonly kind: 'remove';
  readonly key: Uint8Array;
}
interface RemoveIntervalOperation {
  readonly kind: 'removeInterval';
  readonly interval: KeyInterval;
}

/** One step of a random history. */
export type IndexOperation =
  | PutOperation
  | RemoveOperation
  | RemoveIntervalOperation
  | { readonly kind: 'removeNode' | 'lookup'; readonly key: Uint8Array }
  /** Removes the key that was put so many keys before the last new one, modulo their number. */
  | { readonly kind: 'removeRecent'; readonly age: number }
  | { readonly kind: 'relocate'; readonly key: Uint8Array; readonly location: number }
  | { readonly kind: 'clear' | 'verify' }
  | { readonly kind: 'openCursor'; readonly interval: KeyInterval; readonly reverse: boolean }
  | { readonly kind: 'step'; readonly cursor: number; readonly steps: number }
  /** The index is read from its image from now on; one of the pieces may be damaged or unreadable. */
  | { readonly kind: 'reload'; readonly damage: PieceDamage | undefined; readonly tail: readonly TailChange[] };

/** A change of a log behind the image, and a key that is looked up after it. */
export interface TailChange {
  readonly change: PutOperation | RemoveOperation | RemoveIntervalOperation;
  readonly looked: Uint8Array;
}

/** `piece` counts the pieces of both sections, modulo their number. */
export interface PieceDamage {
  readonly piece: number;
  readonly how: 'damaged' | 'unreadable';
}

// Few different bytes, so that keys repeat, are prefixes of one another and equal the bounds of intervals; bytes at
// both ends, around the sign bit of a word, and enough of them to cross words.
const byte = fc.constantFrom(0, 1, 0x61, 0x7f, 0x80, 0xff);
const shortKey = fc.array(byte, { maxLength: 6 }).map((bytes) => Uint8Array.from(bytes));
const sharedPrefix = fc
  .array(byte, { maxLength: 5 })
  .map((bytes) => Uint8Array.from([...new TextEncoder().encode('stream:00012'), ...bytes]));
const anyKey = fc.uint8Array({ maxLength: 40 });
const zeroKey = fc.nat(12).map((length) => new Uint8Array(length));
const longKey = fc
  .tuple(fc.constantFrom(255, 256, 1000), byte)
  .map(([length, fill]) => new Uint8Array(length).fill(fill));

const keys: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 5, arbitrary: shortKey },
  { weight: 3, arbitrary: sharedPrefix },
  { weight: 1, arbitrary: anyKey },
  { weight: 1, arbitrary: zeroKey },
  { weight: 1, arbitrary: longKey },
);

const intervals: fc.Arbitrary<KeyInterval> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ lower: keys, upper: fc.option(keys, { nil: undefined }) }) },
  { weight: 4, arbitrary: keys.map((prefix) => ({ lower: prefix, upper: prefixSuccessor(prefix) })) },
  { weight: 1, arbitrary: fc.constant(ALL_KEYS) },
);

const location = fc.integer();
const units = fc.integer({ min: 1, max: 2 ** 28 });

const damages: fc.Arbitrary<PieceDamage> = fc.record({
  piece: fc.nat(7),
  how: fc.constantFrom('damaged', 'unreadable'),
});

function operation<Kind extends IndexOperation['kind'], Fields>(
  kind: Kind,
  fields: fc.Arbitrary<Fields>,
): fc.Arbitrary<Fields & { readonly kind: Kind }> {
  return fields.map((each) => ({ ...each, kind }));
}

const puts = operation('put', fc.record({ key: keys, location, units }));
const removals = operation('remove', fc.record({ key: keys }));
const intervalRemovals = operation('removeInterval', fc.record({ interval: intervals }));

const tailChanges: fc.Arbitrary<TailChange> = fc.record({
  change: fc.oneof(
    { weight: 5, arbitrary: puts },
    { weight: 2, arbitrary: removals },
    { weight: 1, arbitrary: intervalRemovals },
  ),
  looked: keys,
});
export const reloads: fc.Arbitrary<IndexOperation> = operation(
  'reload',
  fc.record({ damage: fc.option(damages, { nil: undefined }), tail: fc.array(tailChanges, { maxLength: 12 }) }),
);

export const operations: fc.Arbitrary<IndexOperation> = fc.oneof(
  { weight: 40, arbitrary: puts },
  { weight: 12, arbitrary: removals },
  { weight: 6, arbitrary: operation('removeNode', fc.record({ key: keys })) },
  { weight: 4, arbitrary: operation('relocate', fc.record({ key: keys, location })) },
  { weight: 3, arbitrary: intervalRemovals },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' } as const) },
  { weight: 3, arbitrary: fc.constant({ kind: 'verify' } as const) },
  { weight: 5, arbitrary: operation('openCursor', fc.record({ interval: intervals, reverse: fc.boolean() })) },
  { weight: 20, arbitrary: operation('step', fc.record({ cursor: fc.nat(5), steps: fc.integer({ min: 1, max: 6 }) })) },
  { weight: 10, arbitrary: operation('lookup', fc.record({ key: keys })) },
  { weight: 4, arbitrary: reloads },
);

/** Mostly operations that leave new keys where they wait: the others, which need the order, link all of them. */
export const unorderedOperations: fc.Arbitrary<IndexOperation> = fc.oneof(
  { weight: 60, arbitrary: puts },
  { weight: 20, arbitrary: operation('removeRecent', fc.record({ age: fc.nat(40) })) },
  { weight: 4, arbitrary: operation('removeNode', fc.record({ key: keys })) },
  { weight: 12, arbitrary: operation('step', fc.record({ cursor: fc.nat(5), steps: fc.integer({ min: 1, max: 6 }) })) },
  { weight: 2, arbitrary: operations },
);
