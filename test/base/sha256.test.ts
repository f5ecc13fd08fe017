import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/sha256.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the published vectors', () => {
  // FIPS 180-2, appendix B, and the empty message from the test vectors of NIST's validation program.
  test.each([
    ['no bytes', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['one block', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'two blocks, if the length does not fit into the first',
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    [
      'one million equal letters',
      'a'.repeat(1_000_000),
      'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    ],
  ])('%s', (_what, message, digest) => {
    expect(hex(sha256(ascii(message)))).toBe(digest);
  });
});

test('hashes only the bytes of a view, and does not write to them', () => {
  const around = Uint8Array.of(1, 97, 98, 99, 2);
  expect(sha256(around.subarray(1, 4))).toEqual(sha256(ascii('abc')));
  expect(around).toEqual(Uint8Array.of(1, 97, 98, 99, 2));
});
