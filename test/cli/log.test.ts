// Why this test: the listing is the last resort of a person whose store does not open. It must show every record there is, and
// say exactly which bytes are not one.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeFileHeader, FORMAT_VERSION } from '../../src/log/file-header.ts';
import { metaAt, openFor, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { closedStore, withCache } from '../docs/order-store.ts';
import { outputOf, run, snapshotOf } from './test-terminal.ts';

/** The records of the listing, as objects. */
async function recordsOf(directory: string, ...options: readonly string[]): Promise<Record<string, unknown>[]> {
  const { out } = await run(['log', directory, '--json', ...options]);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => !('log' in line));
}

/** A store with a record of every kind. */
function everyKind(): string {
  const directory = closedStore('order:1');
  withCache(directory, (cache) => {
    cache.putMany([
      ['order:2', utf8('two'), metaAt(2)],
      ['order:3', utf8('three'), metaAt(3)],
    ]);
    cache.delete('order:2');
    cache.deletePrefix('order:');
    cache.put('customer', utf8('Ada'), metaAt(4));
  });
  return directory;
}

function edit(directory: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const log = join(directory, '000001.log');
  const bytes = readFileSync(log);
  writeFileSync(log, change(bytes) ?? bytes);
  rmSync(join(directory, '000001.index'), { force: true });
}

test('every record has its offset, kind, key and sizes, without a gap', async () => {
  const directory = everyKind();
  const records = await recordsOf(directory);
  expect(records.map(({ kind, verdict }) => [kind, verdict])).toEqual(
    ['complete', 'mark', 'put', 'mark', 'batch', 'put', 'put', 'delete', 'deletePrefix', 'put', 'mark'].map((kind) => [
      kind,
      'valid',
    ]),
  );
  let end = 32;
  for (const { offset, bytes } of records) {
    expect(offset).toBe(end);
    end += Number(bytes);
  }
  expect(end).toBe(readFileSync(join(directory, '000001.log')).length);
  expect(records[4]).toMatchObject({ batchRecords: 2 });
  expect(records[5]).toMatchObject({ batchMember: true, key: { text: 'order:2' }, watermark: '2', valueBytes: 3 });
  expect(records[8]).toMatchObject({ key: { text: 'order:' } });
  const text = await outputOf('log', directory);
  expect(text).toMatch(
    /^000001\.log: \d+ bytes, format version 1, salt 0x[0-9a-f]{8}, durable up to \d+, index image of /,
  );
  expect(text).toMatch(/^ +72 +\d+ {2}valid {6}put {12}order:1 {2}\(value 16 bytes, watermark 507\)$/m);
  expect(text).toMatch(/ batch {10}of 2 records, \d+ bytes$/m);
  expect(text).toMatch(/ put in batch {3}order:2 /m);
  expect(text).toMatch(/ delete prefix {2}order:$/m);
});

test('a damaged body and a damaged header are marked, and what follows is listed', async () => {
  const directory = closedStore('a', 'b', 'c');
  const [, , first, second] = await recordsOf(directory);
  edit(directory, (bytes) => {
    bytes.write('X', bytes.indexOf('state of a'));
    bytes.writeUInt8(0xee, Number(second?.['offset']) + 1);
    return undefined;
  });
  const records = await recordsOf(directory);
  expect(records.map(({ verdict }) => verdict)).toEqual(['valid', 'valid', 'bad-body', 'damaged', 'valid', 'valid']);
  expect(records[2]).toMatchObject({ offset: first?.['offset'], key: { text: 'a' } });
  expect(records[3]).toEqual({
    generation: 1,
    offset: second?.['offset'],
    bytes: second?.['bytes'],
    verdict: 'damaged',
  });
  const { code, out } = await run(['log', directory, '--damage']);
  expect([code, out.trim().split('\n')]).toEqual([
    1,
    [expect.anything(), expect.stringContaining('bad-body'), expect.stringContaining('damaged')],
  ]);
});

test('a torn tail is no damage, and valid records behind it are marked', async () => {
  const directory = closedStore('a');
  edit(directory, (bytes) => Buffer.concat([bytes, Buffer.alloc(24, 7)]));
  const { code, out } = await run(['log', directory]);
  expect([code, out]).toEqual([0, expect.stringMatching(/ +24 {2}torn$/m)]);
  // The last mark is gone, and the record before it damaged: no sync is known to have covered it.
  const cut = closedStore('a', 'b');
  edit(cut, (bytes) => {
    bytes.write('X', bytes.indexOf('state of a'));
    return bytes.subarray(0, -24);
  });
  expect((await recordsOf(cut)).map(({ verdict }) => verdict)).toEqual(['valid', 'valid', 'torn', 'cut-off']);
});

test('a store that does not open is listed: a newer version, a damaged file header, a generation that is not whole', async () => {
  const newer = closedStore('a');
  const header = readFileSync(join(newer, '000001.log'));
  const salt = header.readInt32LE(16);
  edit(newer, (bytes) => {
    bytes.set(encodeFileHeader({ version: FORMAT_VERSION + 1, generation: 1, salt }));
    return undefined;
  });
  expect((await run(['stat', newer])).code).toBe(6);
  expect(await outputOf('log', newer)).toMatch(
    /format version 2, newer than this package reads \(1\): records may be misread/,
  );

  const damaged = closedStore('a');
  edit(damaged, (bytes) => {
    bytes.writeUInt8(0, 0);
    return undefined;
  });
  expect((await run(['stat', damaged])).code).toBe(3);
  const listed = await run(['log', damaged]);
  expect(listed.code).toBe(1);
  expect(listed.out).toMatch(/the file header is damaged, or no log of this package/);
  expect(listed.out).toMatch(/ put +a /);

  const building = temporaryDirectory();
  writeFileSync(join(building, '000002.log'), encodeFileHeader({ version: FORMAT_VERSION, generation: 2, salt: 7 }));
  expect(await outputOf('log', building)).toMatch(/^000002\.log: 32 bytes, .*not whole: never used as a store$/);
});

test('files that are no log, or empty, are listed as that', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, '000003.log'), 'of another program '.repeat(20));
  writeFileSync(join(directory, '000004.log'), '');
  writeFileSync(join(directory, '000005.log'), 'short');
  const { code, out } = await run(['log', directory]);
  expect(code).toBe(1);
  expect(out).toMatch(/^000003\.log: 380 bytes, the file header is damaged, or no log of this package/);
  expect(out).toMatch(/^ +32 +348 {2}torn$/m);
  expect(out).toMatch(/^000004\.log: 0 bytes, empty/m);
});

test('--from, --limit and --generation select', async () => {
  const directory = everyKind();
  const records = await recordsOf(directory);
  const from = String(records[4]?.['offset']);
  expect(await recordsOf(directory, '--from', from)).toEqual(records.slice(4));
  const { err } = await run(['log', directory, '--limit', '2']);
  expect(err).toBe('000001.log: stopped after 2 records; to continue: --from 72\n');
  expect(await recordsOf(directory, '--limit', '2', '--from', '72')).toEqual(records.slice(2, 4));
  expect((await run(['log', directory, '--generation', '9'])).code).toBe(1);
  expect(await run(['log', directory, '--from', '33'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('multiple of 8'),
  });
});

test('a store that this process has open for writing is listed as it lies on the disk, unchanged', async () => {
  const directory = everyKind();
  const cache = openFor(directory);
  cache.put('later', utf8('x'), metaAt(9));
  cache.sync();
  const before = snapshotOf(directory);
  expect((await recordsOf(directory)).at(-2)).toMatchObject({ key: { text: 'later' } });
  expect(snapshotOf(directory)).toEqual(before);
});
