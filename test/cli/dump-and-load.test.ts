// Why this test: a dump is how a store moves to another place. A load must bring back exactly what was dumped, never replace a
// newer entry by an older one, and after a broken line or an interruption it must be possible to continue.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { dumpLine } from '../../src/cli/dump-line.ts';
import { metaAt, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { closedStore, withCache } from '../docs/order-store.ts';
import { sampleDirectory } from './sample-directory.ts';
import { outputOf, run, snapshotOf } from './test-terminal.ts';

function entriesOf(directory: string) {
  return withCache(directory, (cache) => [...cache.entries()]);
}

function linesFor(count: number, watermark = 1): string[] {
  return Array.from({ length: count }, (_, at) => dumpLine(utf8(`key ${at}`), utf8(`state ${at}`), metaAt(watermark)));
}

function newDirectory(): string {
  return join(temporaryDirectory(), 'store');
}

describe('dump', () => {
  test('writes a line of JSON for each entry, in key order', async () => {
    const lines = (await outputOf('dump', sampleDirectory(), '--prefix', 'customer')).split('\n');
    expect(lines).toEqual([
      '{"key":"Y3VzdG9tZXI6Nw==","value":"QWRhIExvdmVsYWNl","watermark":"3","cachedAtUs":"1700000000000003"}',
    ]);
    expect((await outputOf('dump', sampleDirectory())).split('\n')).toHaveLength(4);
    expect((await outputOf('dump', sampleDirectory(), '--stream', 'order:1')).split('\n')).toHaveLength(1);
  });

  test('that cannot read an entry says so and ends with 1', async () => {
    const directory = closedStore('a', 'b');
    const log = join(directory, '000001.log');
    const bytes = readFileSync(log);
    bytes.write('X', bytes.indexOf('state of a'));
    writeFileSync(log, bytes);
    const { code, out, err } = await run(['dump', directory]);
    expect([code, out.split('\n').length]).toEqual([1, 2]);
    expect(err).toMatch(
      /^the entry a is damaged, in generation 1 at \d+\nprojection-cache dump: the dump is not complete: 1 entry/,
    );
  });
});

describe('load', () => {
  test('brings back what was dumped, from a file and from a pipe, also with the line ends of Windows', async () => {
    const directory = sampleDirectory();
    const dump = await outputOf('dump', directory);
    const file = join(temporaryDirectory(), 'dump.ndjson');
    writeFileSync(file, `\ufeff${dump.replaceAll('\n', '\r\n')}`);
    for (const [operands, input] of [
      [[file], ''],
      [['-'], dump],
      [[], `${dump}\n\n`],
    ] as const) {
      const other = newDirectory();
      const { code, out, err } = await run(['load', other, ...operands], { input });
      expect([code, out]).toEqual([0, 'stored 4 entries, unchanged 0, kept newer 0\n']);
      expect(err).toBe(`creating a store in ${other}\n`);
      expect(entriesOf(other)).toEqual(entriesOf(directory));
    }
  });

  test('reads pieces that end anywhere', async () => {
    const text = linesFor(20).join('');
    for (const size of [1, 7, 100]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        utf8(text.slice(at * size, (at + 1) * size)),
      );
      const input = Readable.from(pieces);
      const directory = newDirectory();
      expect(JSON.parse((await run(['load', directory, '--json'], { input })).out)).toEqual({
        stored: 20,
        unchanged: 0,
        kept: 0,
      });
    }
  });

  test('writes nothing that is there, so that it can be repeated', async () => {
    const directory = newDirectory();
    const input = linesFor(5_000).join('');
    await run(['load', directory], { input });
    const { generation, logBytes } = withCache(directory, (cache) => cache.stats());
    expect((await run(['load', directory], { input })).out).toBe('stored 0 entries, unchanged 5,000, kept newer 0\n');
    expect(withCache(directory, (cache) => cache.stats())).toMatchObject({ generation, logBytes });
  });

  test('keeps a newer entry, unless it is to be replaced, and replaces an older one', async () => {
    const directory = newDirectory();
    const line = (value: string, watermark: number): string => dumpLine(utf8('k'), utf8(value), metaAt(watermark));
    const valueIn = () => withCache(directory, (cache) => Buffer.from(cache.get('k')?.value ?? []).toString());
    await run(['load', directory], { input: line('old', 1) });
    expect((await run(['load', directory], { input: line('new', 5) })).out).toContain('stored 1 entry');
    expect((await run(['load', directory], { input: line('old', 1) })).out).toContain(
      'stored 0 entries, unchanged 0, kept newer 1',
    );
    expect(valueIn()).toBe('new');
    await run(['load', directory, '--overwrite'], { input: line('old', 1) });
    expect(valueIn()).toBe('old');
    // Of two lines of one dump, too, the newer one counts, whatever their order.
    await run(['load', directory], { input: line('newest', 9) + line('newer', 8) });
    expect(valueIn()).toBe('newest');
  });

  test('with the same watermark keeps what was cached later', async () => {
    const directory = newDirectory();
    const line = (value: string, cachedAtUs: bigint): string =>
      dumpLine(utf8('k'), utf8(value), { watermark: 1n, cachedAtUs });
    await run(['load', directory], { input: line('later', 20n) });
    expect((await run(['load', directory], { input: line('earlier', 10n) })).out).toContain('kept newer 1');
    expect((await run(['load', directory], { input: line('other', 20n) })).out).toContain('stored 1 entry');
  });

  test.each<[string, string]>([
    ['{"key":"aw==","value":"dg==",', 'it is not JSON, or it was cut off'],
    ['no JSON}', 'it is not JSON'],
    ['[1]', 'it is not a JSON object'],
    ['{"value":"dg==","watermark":"1","cachedAtUs":"1"}', 'its "key" is missing'],
    ['{"key":"a","value":"dg==","watermark":"1","cachedAtUs":"1"}', 'its "key" is not base64 text'],
    ['{"key":"aw==","value":7,"watermark":"1","cachedAtUs":"1"}', 'its "value" is not base64 text'],
    [
      '{"key":"aw==","value":"dg==","watermark":1,"cachedAtUs":"1"}',
      'its "watermark" is not an integer as text, such as "507"',
    ],
    ['{"key":"aw==","value":"dg==","watermark":"1"}', 'its "cachedAtUs" is missing'],
    ['{"key":"aw==","value":"dg==","watermark":"-1","cachedAtUs":"1"}', 'meta.watermark must be within 0'],
    [
      `{"key":"${'AAAA'.repeat(21_846)}","value":"dg==","watermark":"1","cachedAtUs":"1"}`,
      'a key of 65538 bytes is too large',
    ],
  ])('of a broken line, %.60s, names it, keeps what came before, and continues behind it', async (broken, message) => {
    const directory = newDirectory();
    const input = [...linesFor(3), `${broken}\n`, dumpLine(utf8('after'), utf8('it'), metaAt(1))].join('');
    const { code, out, err } = await run(['load', directory], { input });
    expect([code, out]).toEqual([10, '']);
    expect(err).toContain(`projection-cache load: line 4: ${message}`);
    expect(err).toContain(
      'The lines before are stored. Correct it and load again, or continue behind it: --from-line 5\n',
    );
    expect(entriesOf(directory)).toHaveLength(3);
    expect((await run(['load', directory, '--from-line', '5'], { input })).out).toContain('stored 1 entry');
    expect(entriesOf(directory)).toHaveLength(4);
  });

  test('that is interrupted keeps what it has read, and continues', async () => {
    const directory = newDirectory();
    const [first, second] = [linesFor(10).slice(0, 6).join(''), linesFor(10).slice(6).join('')];
    let interrupt = (): void => {};
    const input = (async function* () {
      yield utf8(first);
      await Promise.resolve();
      interrupt();
      yield utf8(second.slice(0, 10));
      yield utf8(second.slice(10));
    })();
    const { code, err } = await run(['load', directory], { input, onInterrupt: (stop) => (interrupt = stop) });
    expect(code).toBe(130);
    expect(err).toMatch(/interrupted: the lines up to (\d+) are stored\. To continue: --from-line \d+\n$/);
    const next = /--from-line (\d+)/.exec(err)?.[1] ?? '';
    expect(entriesOf(directory)).toHaveLength(Number(next) - 1);
    await run(['load', directory, '--from-line', next], { input: first + second });
    expect(entriesOf(directory)).toHaveLength(10);
  });

  test('of a file that is not there creates and changes nothing', async () => {
    const parent = temporaryDirectory();
    const { code, err } = await run(['load', join(parent, 'store'), join(parent, 'absent')]);
    expect([code, err]).toEqual([5, expect.stringMatching(/could not read .*absent: ENOENT/)]);
    expect(snapshotOf(parent)).toEqual([]);
  });

  test('waits for no person: on a terminal it asks for a file', async () => {
    expect(await run(['load', newDirectory()], { isTerminal: true })).toMatchObject({
      code: 2,
      err: expect.stringContaining('name a FILE'),
    });
  });
});
