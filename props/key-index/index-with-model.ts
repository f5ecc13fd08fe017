import { expect } from 'vitest';
import { ALL_KEYS, type KeyInterval } from '../../src/key-index/index-cursor.ts';
import { PIECE_WORDS } from '../../src/key-index/index-image-sections.ts';
import type { IndexContents, IndexPieces } from '../../src/key-index/index-pieces.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import type { LinkingSizes } from '../../src/key-index/ordered-keys.ts';
import { PendingIndex, placeOf } from '../../src/key-index/pending-index.ts';
import { imageOf } from '../../test/key-index/index-fixtures.ts';
import { indexFaults } from '../../test/key-index/index-invariants.ts';
import { IndexModel, type ModelEntry } from './index-model.ts';
import type { IndexOperation, PieceDamage, TailChange } from './index-operation.ts';
import { WatchedCursor } from './watched-cursor.ts';

/** Applies the same operations to an index and to its model, and compares the results. */
export class IndexWithModel {
  readonly #model = new IndexModel();
  readonly #random: () => number;
  #index: KeyIndex;
  #cursors: WatchedCursor[] = [];
  /** The reads of images that are under way. */
  readonly #arrivals: (() => void)[] = [];

  /** New keys wait in groups of `sizes` until the first reload. */
  constructor(random: () => number, sizes?: LinkingSizes) {
    this.#random = random;
    this.#index = new KeyIndex(random, sizes);
  }

  apply(operation: IndexOperation): void {
    switch (operation.kind) {
      case 'put':
        this.#put(operation);
        break;
      case 'remove':
        this.#remove(operation.key);
        break;
      case 'removeNode':
        this.#removeNode(operation.key);
        break;
      case 'removeRecent':
        this.#remove(this.#model.recent(operation.age) ?? new Uint8Array(0));
        break;
      case 'relocate':
        this.#relocate(operation.key, operation.location);
        break;
      case 'removeInterval':
        this.#removeInterval(operation.interval);
        break;
      case 'clear':
        this.#index.clear();
        this.#forgive(this.#model.removeInterval(ALL_KEYS));
        break;
      case 'verify':
        this.verify();
        break;
      case 'openCursor':
        this.#cursors.push(new WatchedCursor(this.#index, this.#model, operation.interval, operation.reverse));
        break;
      case 'step':
        this.#step(operation.cursor, operation.steps);
        break;
      case 'lookup':
        this.#lookup(operation.key);
        break;
      case 'reload':
        this.#reload(operation.damage);
        for (const change of operation.tail) this.#changeTail(change);
        break;
    }
    expect([this.#index.size, this.#index.recordUnits]).toEqual([this.#model.size, this.#model.recordUnits]);
  }

  /** Lets all pieces arrive that were asked for in the background, and asks for the next ones. */
  async arrive(): Promise<void> {
    for (const arrive of this.#arrivals.splice(0)) arrive();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Compares everything, in both directions, and checks the invariants. It links the waiting nodes. */
  verify(): void {
    const expected = this.#model.sorted();
    expect(this.#entries(false)).toEqual(expected);
    expect(this.#entries(true)).toEqual([...expected].reverse());
    expect(indexFaults(this.#index)).toEqual([]);
  }

  #put(entry: ModelEntry): void {
    this.#model.put({ key: entry.key, location: entry.location, units: entry.units });
    this.#index.put(entry.key, entry.location, entry.units);
    const node = this.#index.find(entry.key);
    expect([this.#index.location(node), this.#index.units(node)]).toEqual([entry.location, entry.units]);
  }

  #remove(key: Uint8Array): void {
    const removed = this.#model.remove(key);
    this.#index.remove(key);
    expect(this.#index.find(key)).toBe(0);
    if (removed !== undefined) this.#forgive([removed]);
  }

  #removeNode(key: Uint8Array): void {
    const node = this.#index.find(key);
    const removed = this.#model.remove(key);
    expect(node !== 0).toBe(removed !== undefined);
    if (removed === undefined) return;
    this.#index.removeNode(node);
    expect(this.#index.find(key)).toBe(0);
    this.#forgive([removed]);
  }

  #relocate(key: Uint8Array, location: number): void {
    const entry = this.#model.get(key);
    if (entry === undefined) return;
    this.#model.put({ ...entry, location });
    this.#index.relocate(this.#index.find(key), location);
  }

  #removeInterval(interval: KeyInterval): void {
    const removed = this.#model.removeInterval(interval);
    expect(this.#index.removeInterval(interval)).toBe(removed.length);
    this.#forgive(removed);
  }

  #step(cursor: number, steps: number): void {
    const chosen = this.#cursors[cursor % Math.max(this.#cursors.length, 1)];
    for (let step = 0; step < steps; step += 1) chosen?.step();
  }

  #lookup(key: Uint8Array): void {
    const entry = this.#model.get(key);
    const expected = entry === undefined ? undefined : { location: entry.location, units: entry.units };
    expect(placeOf(this.#index, key)).toEqual(expected);
  }

  #reload(damage: PieceDamage | undefined): void {
    const image = imageOf(this.#index.sections());
    const saved = this.#model.sorted();
    const rebuild = (index: IndexContents): void => {
      for (const { key, location, units } of saved) index.put(key, location, units);
    };
    const read = damage === undefined ? image : damaged(image, damage);
    this.#index = PendingIndex.open({ ...read, readAsync: this.#readLater(read) }, rebuild, this.#random);
    this.#index.pending?.preload((_delayMs, task) => {
      this.#arrivals.push(task);
      return () => {};
    });
    // They walk the previous index.
    this.#cursors = [];
  }

  /** Reads pieces when `arrive` is called. */
  #readLater(image: IndexPieces): NonNullable<IndexPieces['readAsync']> {
    return async (section, piece, count) => {
      await new Promise<void>((resolve) => this.#arrivals.push(resolve));
      const sectionWords = section === 'arena' ? image.arenaWords : image.directoryWords;
      const words = new Int32Array(Math.min(count * PIECE_WORDS, sectionWords - piece * PIECE_WORDS));
      return image.read(section, piece, words) ? words : undefined;
    };
  }

  /** Changes what the log adds to the image, which a lookup may have completed meanwhile. */
  #changeTail({ change, looked }: TailChange): void {
    const contents = this.#index.pending?.tail() ?? this.#index;
    if (change.kind === 'put') {
      this.#model.put({ key: change.key, location: change.location, units: change.units });
      this.#index.put(change.key, change.location, change.units);
    } else if (change.kind === 'remove') {
      this.#model.remove(change.key);
      contents.remove(change.key);
    } else {
      this.#model.removeInterval(change.interval);
      contents.removeInterval(change.interval);
    }
    if (change.kind !== 'removeInterval') this.#lookup(change.key);
    this.#lookup(looked);
  }

  #forgive(removed: readonly ModelEntry[]): void {
    for (const { key } of removed) {
      for (const cursor of this.#cursors) cursor.forgive(key);
    }
  }

  #entries(reverse: boolean): ModelEntry[] {
    const cursor = this.#index.cursor(ALL_KEYS, reverse);
    const entries: ModelEntry[] = [];
    for (let node = cursor.next(); node !== 0; node = cursor.next()) {
      entries.push({ key: cursor.key(), location: this.#index.location(node), units: this.#index.units(node) });
    }
    return entries;
  }
}

function damaged(image: IndexPieces, { piece, how }: PieceDamage): IndexPieces {
  const arenaPieces = Math.ceil(image.arenaWords / PIECE_WORDS);
  const pieces = arenaPieces + Math.ceil(image.directoryWords / PIECE_WORDS);
  return {
    ...image,
    read: (section, number, target) => {
      const place = section === 'arena' ? number : arenaPieces + number;
      if (place !== piece % pieces) return image.read(section, number, target);
      if (how === 'unreadable') throw new Error('EIO');
      target.fill(-1);
      return false;
    },
  };
}
