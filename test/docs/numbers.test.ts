// Why this test: a number in a document is correct on the day it is written. The constants of the code are read from
// the tables of the documents and compared.
import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES, FORMAT_VERSION } from '../../src/log/file-header.ts';
import { LOG_BYTES_MAX } from '../../src/log/log-file.ts';
import { defaultPageCacheBytes } from '../../src/log/page-pool.ts';
import {
  BATCH_KEY_BYTES,
  BODY_BYTES_MAX,
  BODY_CHECKSUM_OFFSET,
  BODY_LENGTH_OFFSET,
  FLAGS_OFFSET,
  HEADER_CHECKSUM_OFFSET,
  KEY_BYTES_MAX,
  KEY_LENGTH_OFFSET,
  KIND_OFFSET,
  MARK_KEY_BYTES,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  RecordKind,
  recordBytes,
  VALUE_BYTES_MAX,
} from '../../src/log/record-format.ts';
import { GENERATION_MAX } from '../../src/store/generation-files.ts';
import { settingsOf } from '../../src/store/log-store-options.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { tableRows } from './markdown.ts';

const format = repositoryText('docs/format.md');
const tuning = repositoryText('docs/tuning.md');

/** `65,536` as a number; NaN for other text. */
function numberOf(text: string | undefined): number {
  return Number(text?.replaceAll(',', ''));
}

/** The row of a table whose first cell is `name`. */
function rowOf(markdown: string, name: string): string[] {
  const rows = tableRows(markdown).filter(([first]) => first === name);
  expect(rows, `rows named ${name}`).toHaveLength(1);
  return rows[0] ?? [];
}

describe('docs/format.md', () => {
  test.each([
    ['file header', FILE_HEADER_BYTES],
    ['header of a record', RECORD_HEADER_BYTES],
    ['alignment of records', RECORD_ALIGNMENT],
    ['longest key', KEY_BYTES_MAX],
    ['longest value', VALUE_BYTES_MAX],
    ['longest body', BODY_BYTES_MAX],
    ['longest log', LOG_BYTES_MAX],
  ])('%s: %i bytes', (name, bytes) => {
    expect(numberOf(rowOf(format, name)[1])).toBe(bytes);
  });

  test('has each kind under its number', () => {
    const named = tableRows(format).filter(([, name]) => /^[A-Z_]+$/.test(name ?? ''));
    const documented = named.map(([kind, name]) => [name?.replaceAll('_', '').toLowerCase(), Number(kind)]);
    expect(documented).toEqual(Object.entries(RecordKind).map(([name, kind]) => [name.toLowerCase(), kind]));
  });

  test('has each field of a header at its offset', () => {
    const names = ['header checksum', 'body checksum', 'kind', 'flags', 'key length', 'body length', 'key,'];
    const offsets = [HEADER_CHECKSUM_OFFSET, BODY_CHECKSUM_OFFSET, KIND_OFFSET, FLAGS_OFFSET];
    const expected = [...offsets, KEY_LENGTH_OFFSET, BODY_LENGTH_OFFSET, RECORD_HEADER_BYTES];
    const fields = tableRows(format.slice(format.indexOf('## Record'), format.indexOf('| kind | name |')));
    const documented = names.map((name) => fields.find(([, , field]) => field?.startsWith(name))?.[0]);
    expect(documented.map(numberOf)).toEqual(expected);
  });

  test('has the correct constants in its text', () => {
    expect(format).toContain(`format version: ${FORMAT_VERSION}`);
    expect(format).toContain(`exactly ${BATCH_KEY_BYTES}, ${MARK_KEY_BYTES} and 0 bytes`);
    expect(format).toContain(`a MARK of ${recordBytes(MARK_KEY_BYTES, 0)}`);
    expect(format).toContain(`Generations end at ${GENERATION_MAX.toLocaleString('en-US')}`);
  });
});

describe('docs/tuning.md', () => {
  test('has the defaults and bounds of the options', () => {
    const { durability, readOnly } = settingsOf({});
    const [least, most] = (rowOf(tuning, 'pageCacheBytes')[1] ?? '').split(' to ').map(numberOf);
    expect(defaultPageCacheBytes({ availableMemory: () => 1 })).toBe(least);
    expect(defaultPageCacheBytes({ availableMemory: () => 2 ** 40 })).toBe(most);
    expect(rowOf(tuning, 'durability')[1]).toBe(`'${durability}'`);
    expect(rowOf(tuning, 'readOnly')[1]).toBe(String(readOnly));

    const pageCacheBytesMin = numberOf(/at least ([\d,]+)/.exec(rowOf(tuning, 'pageCacheBytes')[2] ?? '')?.[1]);
    expect(settingsOf({ pageCacheBytes: pageCacheBytesMin }).pageCacheBytes).toBe(pageCacheBytesMin);
    expect(() => settingsOf({ pageCacheBytes: pageCacheBytesMin - 1 })).toThrow(RangeError);

    const range = /from ([\d,]+) to ([\d,]+)/.exec(rowOf(tuning, 'syncEveryMs')[2] ?? '');
    const [syncEveryMsMin, syncEveryMsMax] = [numberOf(range?.[1]), numberOf(range?.[2])];
    for (const syncEveryMs of [syncEveryMsMin, syncEveryMsMax]) expect(() => settingsOf({ syncEveryMs })).not.toThrow();
    expect(() => settingsOf({ syncEveryMs: syncEveryMsMin - 1 })).toThrow(RangeError);
    expect(() => settingsOf({ syncEveryMs: syncEveryMsMax + 1 })).toThrow(RangeError);
  });

  // Constants that are not exported are read from their declarations.
  const constants = tableRows(tuning).filter(([name, , path]) => /^[A-Z_]+$/.test(name ?? '') && path?.endsWith('.ts'));

  test('names constants', () => {
    expect(constants.length).toBeGreaterThan(5);
  });

  test.each(constants)('%s is %s in %s', (name, value, path) => {
    expect(declaredNumber(repositoryText(path ?? ''), name ?? '')).toBe(numberOf(value));
  });
});

/** The value of `const NAME = 4 * 1024;`; undefined unless it is a product of numbers. */
function declaredNumber(source: string, name: string): number | undefined {
  const product = new RegExp(`^(?:export )?const ${name}(?:: number)? = ([\\d_.* ]+);$`, 'm').exec(source)?.[1];
  return product?.split('*').reduce((result, factor) => result * Number(factor.trim().replaceAll('_', '')), 1);
}

describe('declaredNumber', () => {
  test('reads numbers and products', () => {
    const source = 'const A: number = 4 * 1024 * 2;\nexport const B = 1_000;\nconst C = A * 2;\nconst D = 1.25;\n';
    expect(['A', 'B', 'C', 'D'].map((name) => declaredNumber(source, name))).toEqual([8192, 1000, undefined, 1.25]);
  });
});
