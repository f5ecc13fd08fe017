// Why this test: a person looks into a store while it is in use. What a command prints must be what is stored, nothing in the
// directory may change, and a mistyped directory must not look like an empty store.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { encodeFileHeader, FORMAT_VERSION } from '../../src/log/file-header.ts';
import { projectionKey } from '../../src/projection/projection-key.ts';
import { metaAt, openFor, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { withCache } from '../docs/order-store.ts';
import { ChildScript } from '../process/child-script.ts';
import { builtScript } from '../scripts/built-script.ts';
import { sampleDirectory } from './sample-directory.ts';
import { outputOf, run, snapshotOf } from './test-terminal.ts';

const actor: URL = await builtScript(new URL('../process/actor.ts', import.meta.url));

describe('ls', () => {
  test('prints text as it is, keys of a projector by their parts, and other bytes as hexadecimal digits', async () => {
    const lines = (await outputOf('ls', sampleDirectory())).split('\n');
    expect(lines).toEqual([
      'customer:7',
      expect.stringMatching(/^order:1 {2}total {2}v0 {2}[0-9a-f]{8}$/),
      'order:2',
      '0xff00',
    ]);
  });

  test.each<[readonly string[], readonly string[]]>([
    [['--prefix', 'order:2'], ['order:2']],
    [['--prefix', '6f72646572', '--hex', '--limit', '1'], ['order:1']],
    [['--prefix', 'b3JkZXI6Mg==', '--base64'], ['order:2']],
    [['--stream', 'order:1'], ['order:1']],
    [['--stream', 'order:1', '--name', 'total'], ['order:1']],
    [['--stream', 'order:1', '--name', 'total', '--version', '0'], ['order:1']],
    [['--stream', 'order:1', '--name', 'total', '--version', '1'], []],
    [['--stream', 'order:1', '--name', 'tot'], []],
    [['--stream', 'order:'], []],
    [['--limit', '0'], []],
    [
      ['--reverse', '--limit', '2'],
      ['0xff00', 'order:2'],
    ],
  ])('selects with %s', async (options, keys) => {
    const out = await outputOf('ls', sampleDirectory(), ...options);
    expect(
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('  ')[0]),
    ).toEqual(keys);
  });

  test('prints what each entry has with --long, and the same for programs with --json', async () => {
    const directory = sampleDirectory();
    expect(await outputOf('ls', directory, '--prefix', 'customer', '--long')).toBe(
      '         3  2023-11-14T22:13:20.000Z         12  customer:7',
    );
    const [entry] = (await outputOf('ls', directory, '--stream', 'order:1', '--json'))
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entry).toMatchObject({
      key: { stream: 'order:1', name: 'total', version: 0 },
      watermark: '3',
      valueBytes: 3,
    });
    const hex = await outputOf('ls', directory, '--stream', 'order:1', '--raw');
    expect(entry.key.hex).toBe(hex);
    expect(await outputOf('get', directory, hex, '--hex')).toContain('state of a projector');
  });

  test('knows a key that is exactly what projectionKey returns, and quotes what could be mistaken', async () => {
    const directory = join(temporaryDirectory(), 'store');
    const keys = [projectionKey('a b', 'n', 513), '0x41', '', ' x', 'a  b', 'esc\u001b[2J', 'line\nend', 'ñ'];
    withCache(directory, (cache) => {
      for (const key of keys) cache.put(key, utf8('v'), metaAt(1));
    });
    const lines = await outputOf('ls', directory);
    expect(lines.split('\n').sort()).toEqual(
      [
        '""',
        '" x"',
        '"0x41"',
        '"a  b"',
        'a b  n  v513',
        `0x${Buffer.from('esc\u001b[2J').toString('hex')}`,
        '"line\\nend"',
        'ñ',
      ].sort(),
    );
  });
});

describe('get', () => {
  test('prints JSON pretty without a change of its numbers', async () => {
    expect(await outputOf('get', sampleDirectory(), 'order:2')).toBe(
      [
        'key        order:2',
        'watermark  8',
        'cached at  2023-11-14T22:13:20.000Z',
        'value      JSON, 63 bytes',
        '',
        '{',
        '  "lines": [',
        '    {',
        '      "sku": "a",',
        '      "cents": 1299',
        '    }',
        '  ],',
        '  "big": 12345678901234567890',
        '}',
      ].join('\n'),
    );
  });

  test('prints text and other bytes', async () => {
    const directory = sampleDirectory();
    expect(await outputOf('get', directory, 'customer:7')).toMatch(/value {6}text, 12 bytes\n\nAda Lovelace$/);
    expect(await outputOf('get', directory, 'ff00', '--hex')).toMatch(/value {6}hex, 3 bytes\n\n0102fe$/);
    expect(JSON.parse(await outputOf('get', directory, '/wA=', '--base64', '--json'))).toMatchObject({ hex: '0102fe' });
  });

  test('prints the state of a projector without what the projector adds to it', async () => {
    const directory = sampleDirectory();
    expect(await outputOf('get', directory, '--stream', 'order:1')).toMatch(
      /state of a projector, JSON, 3 bytes\n\n18$/,
    );
    const form = JSON.parse(await outputOf('get', directory, '--stream', 'order:1', '--name', 'total', '--json'));
    expect(form).toMatchObject({ isState: true, json: 18, watermark: '3' });
    const { bytes } = await run(['get', directory, '--stream', 'order:1', '--raw']);
    expect([...bytes]).toEqual([1, 0x31, 0x38]);
  });

  test('prints exactly the bytes with --raw', async () => {
    const { bytes } = await run(['get', sampleDirectory(), 'ff00', '--hex', '--raw']);
    expect([...bytes]).toEqual([1, 2, 254]);
  });

  test('ends with 1 without an entry', async () => {
    const directory = sampleDirectory();
    expect(await run(['get', directory, 'order:3'])).toMatchObject({
      code: 1,
      out: '',
      err: 'projection-cache get: there is no entry of "order:3"\n',
    });
    expect((await run(['get', directory, '--stream', 'order:3'])).code).toBe(1);
  });
});

describe('stat', () => {
  test('shows sizes, the lock and the files', async () => {
    const directory = sampleDirectory();
    const text = await outputOf('stat', directory);
    expect(text).toMatch(/^entries {5}4$/m);
    expect(text).toMatch(/^locked by {3}no process$/m);
    expect(text).toMatch(/^ {12}000001\.log {2}/m);
    const form = JSON.parse(await outputOf('stat', directory, '--json'));
    expect(form).toMatchObject({ directory, entries: 4, generation: 1, lock: null, recovery: { damaged: [] } });
    expect(form.files.map(({ name }: { name: string }) => name)).toEqual(['000001.index', '000001.log']);
  });

  test('names the owner of the lock', async () => {
    const directory = sampleDirectory();
    openFor(directory);
    expect(await outputOf('stat', directory)).toContain(`locked by   process ${process.pid} on host `);
    writeFileSync(join(directory, 'LOCK'), 'nonsense');
    expect(await outputOf('stat', directory)).toContain('locked by   a lock that names no owner');
    const lock = JSON.parse(await outputOf('stat', directory, '--json')).lock;
    expect(lock).toMatchObject({ verdict: 'unknown' });
  });
});

describe('verify', () => {
  test('ends with 0 for a sound store and with 1 for damage, and names it', async () => {
    const directory = sampleDirectory();
    expect(await outputOf('verify', directory)).toMatch(/ 4 entries in generation 1\nok$/);
    const log = join(directory, '000001.log');
    const bytes = readFileSync(log);
    bytes.write('X', bytes.indexOf('Ada'));
    writeFileSync(log, bytes);
    // The image has the damaged entry in the index; without it, opening finds the damage.
    const beside = await run(['verify', directory]);
    expect([beside.code, beside.out]).toEqual([
      1,
      expect.stringMatching(/damaged: \d+ bytes from 72\nentries lost: 1\ndamaged\n$/),
    ]);
    rmSync(join(directory, '000001.index'));
    const { code, out, err } = await run(['verify', directory, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([1, { ok: false, entriesLost: 1, entriesDamaged: 0 }]);
    expect(err).toMatch(/^the log is damaged at 72-\d+; entries lost: 1\n$/);
    expect((await run(['get', directory, 'customer:7'])).code).toBe(1);
  });
});

const reading: readonly (readonly string[])[] = [
  ['stat'],
  ['ls', '--long'],
  ['get', 'order:2'],
  ['verify'],
  ['log'],
  ['dump'],
].map(([name = '', ...rest]) => [name, 'DIR', ...rest]);

function inDirectory(argv: readonly string[], directory: string): string[] {
  return argv.map((word) => (word === 'DIR' ? directory : word));
}

describe.each(reading)('%s', (...argv) => {
  const runIn = (directory: string) => run(inDirectory(argv, directory));

  test('changes no byte of a closed store, nor of one that a killed process left', async () => {
    const directory = sampleDirectory();
    const before = snapshotOf(directory);
    expect((await runIn(directory)).code).toBe(0);
    expect(snapshotOf(directory)).toEqual(before);
    // As a kill leaves it: no image, a torn tail.
    rmSync(join(directory, '000001.index'));
    writeFileSync(join(directory, '000001.log'), Buffer.alloc(40, 7), { flag: 'a' });
    const torn = snapshotOf(directory);
    expect((await runIn(directory)).code).toBe(0);
    expect(snapshotOf(directory)).toEqual(torn);
  });

  test('works where nothing can be written', async () => {
    const directory = sampleDirectory();
    chmodSync(directory, 0o500);
    onTestFinished(() => chmodSync(directory, 0o700));
    expect((await runIn(directory)).code).toBe(0);
  });

  test.each<[string, (parent: string) => void, RegExp]>([
    ['absent', () => {}, /store does not exist$/],
    ['empty', (path) => mkdirSync(path), /there is no store in .*: it is empty/],
    ['a file', (path) => writeFileSync(path, ''), /store is a file: name a directory$/],
    [
      'full of other files',
      (path) => [mkdirSync(path), mkdirSync(join(path, 'src')), writeFileSync(join(path, 'a'), '')],
      /it holds a and 1 more/,
    ],
  ])('ends with 3 for a directory that is %s, and creates nothing', async (_name, make, message) => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'store');
    make(directory);
    const before = snapshotOf(parent);
    const { code, out, err } = await runIn(directory);
    expect([code, out]).toEqual([3, '']);
    expect(err.trim()).toMatch(message);
    expect(snapshotOf(parent)).toEqual(before);
  });
});

test.each(reading.filter(([name]) => name !== 'log'))(
  '%s of a store of a newer version, or without a readable log',
  async (...argv) => {
    const directory = temporaryDirectory();
    const log = join(directory, '000003.log');
    writeFileSync(log, encodeFileHeader({ version: FORMAT_VERSION + 1, generation: 3, salt: 7 }));
    const newer = await run(inDirectory(argv, directory));
    expect([newer.code, newer.out]).toEqual([6, '']);
    expect(newer.err).toContain('update the package or open another directory');
    writeFileSync(log, 'the log of another program'.repeat(20));
    const foreign = await run(inDirectory(argv, directory));
    expect([foreign.code, foreign.out]).toEqual([3, '']);
    expect(foreign.err).toMatch(
      /000003\.log is damaged, not whole or of another program\. See what is there: projection-cache log /,
    );
  },
);

test('reading beside a writer in another process shows what it made durable, and does not stop it', async () => {
  const directory = sampleDirectory();
  const writer = new ChildScript(actor, [directory]);
  onTestFinished(() => writer.kill());
  for (const line of ['open', 'put order:3 state', 'sync']) expect(await writer.ask(line)).toBe('done');
  const before = snapshotOf(directory);
  for (const argv of reading) expect((await run(inDirectory(argv, directory))).code).toBe(0);
  expect(await outputOf('ls', directory, '--prefix', 'order:3')).toBe('order:3');
  expect(await outputOf('stat', directory)).toMatch(
    new RegExp(`locked by {3}process ${writer.pid} on host .*, which runs$`, 'm'),
  );
  expect(snapshotOf(directory)).toEqual(before);
  const refused = await run(['put', directory, 'order:5', 'x', '--watermark', '1']);
  expect([refused.code, refused.err]).toEqual([
    4,
    expect.stringMatching(new RegExp(`by process ${writer.pid} .* --wait MS`)),
  ]);
  expect(await writer.ask('close')).toBe('done');
  expect(LogCache.open(directory, { readOnly: true }).size).toBe(5);
});
