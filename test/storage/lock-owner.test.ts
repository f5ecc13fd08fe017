import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLockOwner, describeLockOwner, encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { ownerWithPid } from './lock-simulation.ts';

const OWNER = ownerWithPid(42);

describe('the content of a lock file', () => {
  test('is one readable line, and is parsed to the same owner', () => {
    const text = encodeLockOwner(OWNER);
    expect(text).toMatch(/^\{"pid":42,.*\}\n$/);
    expect(decodeLockOwner(text)).toEqual(OWNER);
  });

  test('omits facts that the platform does not provide', () => {
    const unknown = { startTime: undefined, bootId: undefined, pidNamespace: undefined, timeNamespace: undefined };
    const known = { bootTimeMs: 1_700_000_000_000, machine: '00:11:22:33:44:55' };
    expect(decodeLockOwner(encodeLockOwner({ ...OWNER, ...known }))).toEqual({ ...OWNER, ...known });
    expect(decodeLockOwner(encodeLockOwner({ ...OWNER, ...unknown }))).toEqual({ ...OWNER, ...unknown });
  });

  test('is refused if any part of it is missing: a lock may be incomplete', () => {
    const text = encodeLockOwner(OWNER);
    for (let length = 0; length < text.length - 1; length++)
      expect(decodeLockOwner(text.slice(0, length))).toBeUndefined();
  });

  test.each<[string, Record<string, unknown>]>([
    ['pid', { pid: 0 }],
    ['pid', { pid: -42 }],
    ['pid', { pid: 1.5 }],
    ['pid', { pid: 2 ** 31 }],
    ['pid', { pid: '42' }],
    ['nonce', { nonce: '../LOCK' }],
    ['nonce', { nonce: OWNER.nonce.toUpperCase().replace('0', 'A') }],
    ['nonce', { nonce: undefined }],
    ['platform', { platform: 1 }],
    ['host', { host: null }],
    ['since', { since: 5 }],
  ])('is refused with an invalid %s: %j', (_field, change) => {
    expect(decodeLockOwner(JSON.stringify({ ...OWNER, ...change }))).toBeUndefined();
  });

  test('proves nothing if a field has the wrong type', () => {
    const text = JSON.stringify({
      ...OWNER,
      bootId: 7,
      startTime: {},
      localVolume: 'yes',
      bootTimeMs: '7',
      machine: 7,
    });
    expect(decodeLockOwner(text)).toEqual({ ...OWNER, bootId: undefined, startTime: undefined, localVolume: false });
  });

  test('can be any text without an error', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => decodeLockOwner(text) === undefined));
  });

  test('is described for people', () => {
    expect(describeLockOwner(OWNER)).toBe('process 42 on host here since 2024-01-01T00:00:00.000Z');
  });
});
