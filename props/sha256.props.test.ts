/*
 * SHA-256 against Node's implementation, which the store cannot use: it also runs without `node:crypto`. Padding bugs
 * show at lengths around a block.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../src/base/sha256.ts';
import { runs } from './runs.ts';

const ofNode = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

test('bytes of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), (bytes) => {
      expect(sha256(bytes)).toEqual(ofNode(bytes));
    }),
    { numRuns: runs(500) },
  );
});

test('every length up to three blocks', () => {
  for (let length = 0; length <= 192; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31 + length);
    expect(sha256(bytes)).toEqual(ofNode(bytes));
  }
});
