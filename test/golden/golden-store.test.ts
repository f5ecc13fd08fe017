/*
 * Stores of each format version, as written by the package of that version, must always open. And the current version
 * must not change by accident: the same operations must write the same bytes. Files are base64; keys and bodies are
 * strings of one character a byte.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contentsOf, openStore, openWithEvents, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';
import { goldenWorkload } from './golden-workload.ts';

interface GoldenStore {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly contents: Readonly<Record<string, string>>;
  readonly clean: boolean;
}

const file = new URL('./store-version-1.json', import.meta.url);
const stores = JSON.parse(readFileSync(file, 'utf8')) as readonly GoldenStore[];

function diskOf(store: GoldenStore): TestDisk {
  const disk = new TestDisk();
  for (const [name, base64] of Object.entries(store.files)) disk.place(name, decoded(base64));
  return disk;
}

function decoded(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

describe.each(stores)('a store of format version 1, $name', (golden) => {
  test('opens with its contents', () => {
    const { store, events } = openWithEvents(diskOf(golden));
    expect(Object.fromEntries(contentsOf(store))).toEqual(golden.contents);
    expect(store.stats().recovery).toMatchObject({ clean: golden.clean, damaged: [], forgotten: false });
    // Its image may have an older layout of the index, which is reported and only costs a replay of the log.
    const reported = events.filter(({ type }) => type !== 'housekeeping-failed');
    expect(reported.length).toBe(golden.clean ? 0 : 1);
    expect(store.verify().ok).toBe(true);
  });

  test('has the same contents without its image, and read-only', () => {
    const disk = diskOf(golden);
    for (const name of disk.names) if (/\.index2?$/.test(name)) disk.take(name);
    expect(Object.fromEntries(contentsOf(openStore(disk.afterKill())))).toEqual(golden.contents);
    const reader = openStore(disk, { readOnly: true });
    for (const [key, body] of contentsOf(reader)) expect(golden.contents[key]).toBe(body);
    for (const [name, base64] of Object.entries(golden.files)) {
      if (name.endsWith('.log')) expect(Buffer.from(disk.bytes(name)).toString('base64')).toBe(base64);
    }
  });

  test('can be written to, compacted and opened again', () => {
    const disk = diskOf(golden);
    const store = openStore(disk);
    store.writer.put(new Uint8Array([1]), new Uint8Array([2]));
    store.compact();
    store.close();
    const expected = { ...golden.contents, '\x01': '\x02' };
    expect(Object.fromEntries(contentsOf(openStore(disk)))).toEqual(expected);
  });
});

describe('the current version', () => {
  test.each(goldenWorkload())('is the same byte for byte, $name', ({ name, disk, contents }) => {
    const golden = stores.find((store) => store.name === name);
    expect(Object.fromEntries(contents)).toEqual(golden?.contents);
    for (const log of disk.names.filter((file) => file.endsWith('.log'))) {
      expect(text(disk.bytes(log))).toBe(text(decoded(golden?.files[log] ?? '')));
    }
  });
});
