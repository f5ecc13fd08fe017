import { describe, expect, test } from 'vitest';
import { groupEntries, Keys, keyBytes, randomFrom, shuffled, Values } from '../../bench/workload.ts';

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe('Keys', () => {
  test('have the requested length, are sorted by number, and start with the prefix of their group', () => {
    const keys = new Keys();
    const made = Array.from({ length: 1000 }, (_, i) => text(keys.stored(i)));
    expect(new Set(made.map(({ length }) => length))).toEqual(new Set([keyBytes]));
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(1000);
    for (const [i, key] of made.entries()) {
      expect(key.startsWith(text(keys.groupPrefix(Math.floor(i / groupEntries))))).toBe(true);
    }
    expect(made[427]).toBe('projections/orders/00000004/001b');
  });

  test('that are absent differ from all stored keys', () => {
    const keys = new Keys();
    const stored = new Set(Array.from({ length: 1000 }, (_, i) => text(keys.stored(i))));
    for (let i = 0; i < 1000; i += 1) expect(stored.has(text(keys.absent(i)))).toBe(false);
  });
});

test('values differ between rounds of one entry, and between entries of one round', () => {
  const values = new Values(64, randomFrom(1));
  const made = [values.of(1, 1), values.of(2, 1), values.of(1, 2)].map((value) => value.length);
  expect(made).toEqual([64, 64, 64]);
  expect(new Set([text(values.of(1, 1)), text(values.of(2, 1)), text(values.of(1, 2))]).size).toBe(3);
});

test('an order has each number once, and is the same for the same seed', () => {
  const order = shuffled(1000, randomFrom(7));
  expect(order).toEqual(shuffled(1000, randomFrom(7)));
  expect(order).not.toEqual(shuffled(1000, randomFrom(8)));
  expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});
