import { expect, test } from 'vitest';
import { withReportForm } from '../../src/projection/report-form.ts';

function readBack(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('sequences are text, microseconds numbers, bytes hexadecimal digits', () => {
  const value = {
    watermark: 2n ** 64n - 1n,
    ageUs: 1_700_000_000_000_000n,
    key: Uint8Array.of(0, 255),
    nested: { head: 3n },
  };
  expect(readBack(withReportForm(value))).toEqual({
    watermark: '18446744073709551615',
    ageUs: 1_700_000_000_000_000,
    key: '00ff',
    nested: { head: '3' },
  });
});

test('microseconds that a number does not hold exactly are text', () => {
  expect(readBack(withReportForm({ ageUs: -(2n ** 60n) }))).toEqual({ ageUs: String(-(2n ** 60n)) });
});

test('a state keeps what JSON writes, and its bigints are text whatever the names of its fields', () => {
  const at = new Date(0);
  const state = { error: { code: 'paid' }, ageUs: 5n, at, lines: [{ wei: 10n ** 30n }], none: null };
  expect(readBack(withReportForm({ state }))).toEqual({
    state: { error: { code: 'paid' }, ageUs: '5', at: at.toJSON(), lines: [{ wei: String(10n ** 30n) }], none: null },
  });
  expect(readBack(withReportForm({ state: 7n }))).toEqual({ state: '7' });
  expect(readBack(withReportForm({ state: { toJSON: () => 'its own' } }))).toEqual({ state: 'its own' });
});
