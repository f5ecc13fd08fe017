import fc from 'fast-check';

/** A body described by few numbers, so that large ones shrink fast and print short. */
export interface BodySeed {
  readonly fill: number;
  readonly length: number;
}

const SHORT_KEYS = ['', 'a', 'ab', 'abc', 'b', 'a\xff', 'a\xff\xff', '\xff', '\xff\xff', '\xff\xffa', '\x00', 'a\x00'];

/** Keys as strings of one character a byte: few, so that they repeat, and each a prefix of another. */
export const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SHORT_KEYS) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }).map((number) => `key ${number}`) },
  { weight: 1, arbitrary: fc.constantFrom('k'.repeat(300), 'k'.repeat(299), 'k'.repeat(65_535)) },
);

export const prefix: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SHORT_KEYS) },
  { weight: 1, arbitrary: key },
  { weight: 1, arbitrary: fc.constantFrom('key', 'key 1', 'k', '\xff'.repeat(300)) },
);

const smallBody: fc.Arbitrary<BodySeed> = fc.record({
  fill: fc.nat({ max: 255 }),
  length: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 3000 })),
});
/** Larger than a page, and so large that a handful of dead ones starts a compaction. */
const largeBody: fc.Arbitrary<BodySeed> = fc.record({
  fill: fc.nat({ max: 255 }),
  length: fc.integer({ min: 60_000, max: 250_000 }),
});

export const body: fc.Arbitrary<BodySeed> = fc.oneof(
  { weight: 5, arbitrary: smallBody },
  { weight: 1, arbitrary: largeBody },
);

export const mostlyLargeBody: fc.Arbitrary<BodySeed> = fc.oneof(
  { weight: 1, arbitrary: smallBody },
  { weight: 3, arbitrary: largeBody },
);

/** The bytes of a body: they differ along its length, so that a misplaced piece is detected. */
export function bodyBytes({ fill, length }: BodySeed): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = fill + i + (i >>> 8);
  return bytes;
}
