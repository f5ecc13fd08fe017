import { Drawing, type Fill, figure } from './svg.ts';

/** The layout in the drawing, in 32-bit words; a test finds it in the index image of a real store. */
export const layout = {
  /** Relative to the address of a node, which is that of its header. */
  locationWord: 1,
  sizeWord: 2,
  keyWord: 3,
  keyLengthBits: 16,
  heightBits: 5,
  /** Words of a slot of the hash directory: address, hash, location. */
  slotWords: 3,
  slotsPerSegment: 4096,
} as const;

const KEY = 'user:1';
const HEIGHT = 2;
const ADDRESS = 42;

interface Word {
  readonly name: string;
  readonly value: string;
  readonly fill: Fill;
}

function nodeWords(): Word[] {
  const tower = Array.from({ length: HEIGHT }, (_, index): Word => {
    const level = HEIGHT - 1 - index;
    return { name: `next, level ${level}`, value: level === 0 ? '51' : '60', fill: 'violet' };
  });
  const keyWords = Array.from({ length: Math.ceil(KEY.length / 4) }, (_, index): Word => {
    return { name: `key, word ${index}`, value: `'${KEY.slice(index * 4, index * 4 + 4)}'`, fill: 'blue' };
  });
  return [
    ...tower,
    { name: 'header', value: `${KEY.length} B, height ${HEIGHT}`, fill: 'yellow' },
    { name: 'location', value: 'of the record', fill: 'green' },
    { name: 'size', value: 'of the record', fill: 'plain' },
    ...keyWords,
  ];
}

const skipList: readonly (readonly [key: string, height: number])[] = [
  ['order:9', 1],
  ['user:1', 2],
  ['user:2', 1],
  ['user:3', 3],
  ['user:7', 1],
];

/** An entry of the index in memory: its slot, its node with the tower, and the list that the towers form. */
export function indexLayout(): string {
  const drawing = new Drawing(
    'Slot, node, tower and arena',
    'A slot of the hash directory holds the address of a node, the hash of its key and a copy of the record location. The ' +
      'node is in the arena, one flat array of words: the tower of next addresses before the header, then location, ' +
      'record size and key. The towers link the nodes to a skip list in key order.',
    540,
  );
  slots(drawing);
  arena(drawing);
  list(drawing);
  return drawing.toString();
}

function slots(drawing: Drawing): void {
  drawing.text(20, 66, 'hash directory', 'strong');
  drawing.text(
    132,
    66,
    `segments of ${figure(layout.slotsPerSegment)} slots of ${layout.slotWords} words; get(key) reads one slot`,
    'small muted',
  );
  const [left, top, width, height] = [20, 80, 72, 36];
  const words: [string, Fill][] = [
    ['0', 'plain'],
    ['', 'plain'],
    ['', 'plain'],
    [String(ADDRESS), 'yellow'],
    ['hash', 'plain'],
    ['location', 'green'],
    ['0', 'plain'],
    ['', 'plain'],
    ['', 'plain'],
  ];
  for (const [index, [word, fill]] of words.entries()) {
    drawing.box(left + index * width, top, width, height, fill);
    drawing.text(left + (index + 0.5) * width, top + 23, word, 'mono small', 'middle');
  }
  for (const [index, name] of ['an empty slot', `the slot of ${KEY}`, 'an empty slot'].entries()) {
    const x = left + index * layout.slotWords * width;
    drawing.text(x + (layout.slotWords * width) / 2, top + height + 18, name, 'small muted', 'middle');
  }
}

function arena(drawing: Drawing): void {
  drawing.text(20, 196, 'arena', 'strong');
  drawing.text(290, 196, 'one Int32Array; an address is a position in it; no object per key', 'small muted');
  const words = nodeWords();
  const [left, top, width, height] = [20, 216, 680 / words.length, 44];
  for (const [index, { name, value, fill }] of words.entries()) {
    const x = left + index * width;
    drawing.box(x, top, width, height, fill);
    drawing.text(x + width / 2, top + 19, name, 'small strong', 'middle');
    drawing.text(x + width / 2, top + 35, value, 'small', 'middle');
    drawing.text(x + width / 2, top + height + 16, String(ADDRESS - HEIGHT + index), 'small muted', 'middle');
  }
  drawing.text(left + HEIGHT * width - 8, top + height + 36, 'the tower grows down', 'small muted', 'end');
  drawing.text(
    left + (HEIGHT + layout.keyWord) * width,
    top + height + 36,
    'the key at a fixed distance',
    'small muted',
  );
  const slotX = 20 + 3.5 * 72;
  drawing.arrow([
    [slotX, 116],
    [slotX, 160],
    [left + (HEIGHT + 0.5) * width, 160],
    [left + (HEIGHT + 0.5) * width, top],
  ]);
}

function list(drawing: Drawing): void {
  drawing.text(20, 336, 'skip list', 'strong');
  drawing.text(
    84,
    336,
    'the towers in key order; one node in four is on the next level; scans walk level 0',
    'small muted',
  );
  const levels = Math.max(...skipList.map(([, height]) => height));
  const [left, base, step, width, height] = [130, 466, 116, 78, 34];
  const y = (level: number): number => base - (level + 1) * height;
  for (let level = 0; level < levels; level += 1) {
    drawing.text(20, y(level) + 21, `level ${level}`, 'small muted');
    const holders = skipList.flatMap(([, tall], index) => (tall > level ? [left + index * step] : []));
    let from = 72;
    for (const x of holders) {
      drawing.arrow([
        [from, y(level) + height / 2],
        [x, y(level) + height / 2],
      ]);
      from = x + width;
    }
    drawing.text(from + 8, y(level) + height / 2 + 4, '0', 'mono small muted');
  }
  for (const [index, [key, tall]] of skipList.entries()) {
    const x = left + index * step;
    for (let level = 0; level < tall; level += 1) drawing.box(x, y(level), width, height, 'violet');
    drawing.box(x, base, width, 32, 'blue');
    drawing.text(x + width / 2, base + 21, key, 'mono small', 'middle');
  }
  drawing.text(
    20,
    522,
    '0 ends a level. New nodes wait in the insert buffer and are linked sorted; get finds them by their slots.',
    'small',
  );
}
