// Why this test: an outdated drawing teaches an outdated layout. Each is drawn again, and its offsets and words are
// compared with what a real store writes. After an intended change: `npm run drawings`.
import { describe, expect, test } from 'vitest';
import { drawings } from '../../docs/drawings/drawings.ts';
import { layout } from '../../docs/drawings/index-layout.ts';
import { PAGE_BYTES } from '../../docs/drawings/log-offsets.ts';
import { fileBytes, META, sampleStore } from '../../docs/drawings/sample-store.ts';
import { repositoryFiles, repositoryText } from '../tidy/repository-files.ts';
import { tableRows } from './markdown.ts';

describe.each([...drawings])('docs/drawings/%s.svg', (name, draw) => {
  test('equals the output of its script', async () => {
    expect(await draw()).toBe(repositoryText(`docs/drawings/${name}.svg`));
  });

  test('fits the page, has a title and a description, and a dark mode', () => {
    const svg = repositoryText(`docs/drawings/${name}.svg`);
    expect(svg).toMatch(/^<svg [^>]*width="720" [^>]*role="img"/);
    expect(svg).toMatch(/<title id="title">.+<\/title>\n<desc id="desc">.{80,}<\/desc>/);
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
  });
});

test('every drawing has a script', () => {
  const names = repositoryFiles('docs/drawings', ['.svg']).map(({ path }) => /([\w-]+)\.svg$/.exec(path)?.[1]);
  expect(names).toEqual([...drawings.keys()].sort());
});

test('the pages of the log are as large as docs/tuning.md says', () => {
  const [, bytes] = tableRows(repositoryText('docs/tuning.md')).find(([name]) => name === 'PAGE_BYTES') ?? [];
  expect(bytes).toBe(PAGE_BYTES.toLocaleString('en-US'));
});

describe('the index that is drawn', () => {
  const keys = ['order:9', 'user:1', 'user:2', 'user:3', 'user:7'];

  /** The nodes and the slots of an index image; docs/format.md has the offsets of its sections. */
  function sectionsOf(image: Uint8Array): { readonly arena: Int32Array; readonly directory: Int32Array } {
    const words = new Int32Array(image.slice().buffer);
    const [arenaWords = 0, directoryWords = 0] = words.slice(-7, -5);
    return { arena: words.subarray(0, arenaWords), directory: words.subarray(arenaWords, arenaWords + directoryWords) };
  }

  function imageOfStore(): Uint8Array {
    const { storage, cache } = sampleStore();
    for (const key of keys) cache.put(key, new Uint8Array(8), META);
    cache.close();
    return fileBytes(storage, '000001.index');
  }

  const { arena, directory } = sectionsOf(imageOfStore());
  const slots = Array.from({ length: directory.length / layout.slotWords }, (_, index) => {
    return directory.subarray(index * layout.slotWords, (index + 1) * layout.slotWords);
  });
  const used = slots.flatMap(([address = 0, , location]) => (address === 0 ? [] : [{ address, location }]));

  /** A key as the arena holds it: words whose signed order is the order of the bytes. */
  function keyAt(address: number): string {
    const length = (arena[address] ?? 0) & (2 ** layout.keyLengthBits - 1);
    const bytes = Buffer.alloc(Math.ceil(length / 4) * 4);
    for (let word = 0; word < bytes.length / 4; word += 1) {
      bytes.writeInt32BE((arena[address + layout.keyWord + word] ?? 0) ^ 0x8000_0000, word * 4);
    }
    return bytes.toString('utf8', 0, length);
  }

  test('has segments of as many slots, and a slot for every key', () => {
    expect(slots.length % layout.slotsPerSegment).toBe(0);
    expect(used.map(({ address }) => keyAt(address)).sort()).toEqual(keys);
  });

  test('has in each node the location of its slot', () => {
    for (const { address, location } of used) expect(arena[address + layout.locationWord]).toBe(location);
  });

  test('has records of one size for keys of about one length', () => {
    for (const { address } of used)
      expect(arena[address + layout.sizeWord]).toBe(arena[(used[0]?.address ?? 0) + layout.sizeWord]);
  });

  test('has towers that grow down, and a list of all keys in order on level 0', () => {
    const next = (address: number): number => arena[address - 1] ?? 0;
    const heights = used.map(
      ({ address }) => ((arena[address] ?? 0) >>> layout.keyLengthBits) & (2 ** layout.heightBits - 1),
    );
    expect(Math.min(...heights)).toBeGreaterThan(0);
    let address = used.find((each) => keyAt(each.address) === keys[0])?.address ?? 0;
    const walked: string[] = [];
    for (; address !== 0; address = next(address)) walked.push(keyAt(address));
    expect(walked).toEqual(keys);
  });
});
