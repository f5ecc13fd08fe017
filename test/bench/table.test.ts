import { expect, test } from 'vitest';
import { formatCount, formatFigure, formatTable } from '../../bench/table.ts';

test('a table aligns its columns, texts left and numbers right', () => {
  const rows = [
    ['put', '1,234', '0.50', ''],
    ['get, hit', '56', '12.0', '2x'],
  ];
  expect(formatTable(['work', 'ops/s', 'us', ''], rows)).toBe(
    ['work      ops/s    us', 'put       1,234  0.50', 'get, hit     56  12.0  2x'].join('\n'),
  );
});

test.each([
  [0.054, '0.05'],
  [9.999, '10.00'],
  [12.34, '12.3'],
  [99.94, '99.9'],
  [1234.5, '1,235'],
])('the figure %d is shown as %s', (figure, text) => {
  expect(formatFigure(figure)).toBe(text);
});

test('a count has commas between thousands in every locale', () => {
  expect(formatCount(1_234_567.4)).toBe('1,234,567');
});
