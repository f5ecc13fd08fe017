import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { StandbyCache } from '../../src/cache/standby-cache.ts';
import { metaAt, openFor, temporaryDirectory, textOf, utf8 } from './cache-fixtures.ts';

function textIn(cache: { get(key: Uint8Array): { value: Uint8Array } | undefined }, key: string): string | undefined {
  const entry = cache.get(utf8(key));
  return entry === undefined ? undefined : textOf(entry.value);
}

describe('a cache that moves', () => {
  test('works in memory, and in the other cache once it has moved', () => {
    const directory = temporaryDirectory();
    const standby = new StandbyCache();
    standby.put(utf8('order:1'), utf8('early'), metaAt(1));
    standby.sync();
    expect([textIn(standby, 'order:1'), standby.hasMoved]).toEqual(['early', false]);
    const disk = openFor(directory);
    standby.moveInto(disk);
    expect([textIn(standby, 'order:1'), standby.hasMoved]).toEqual(['early', true]);
    standby.put(utf8('order:2'), utf8('late'), metaAt(2));
    standby.prefetch(utf8('order:2'), metaAt(2));
    standby.sync();
    disk.close();
    const reopened = openFor(directory);
    expect([textIn(reopened, 'order:1'), textIn(reopened, 'order:2')]).toEqual(['early', 'late']);
  });

  test('keeps of two entries the one with the higher watermark', () => {
    const disk = openFor(temporaryDirectory());
    const standby = new StandbyCache();
    for (const [key, here, there] of [
      ['older', 1, 2],
      ['equal', 2, 2],
      ['newer', 3, 2],
    ] as const) {
      standby.put(utf8(key), utf8('standby'), metaAt(here));
      disk.put(key, utf8('disk'), metaAt(there));
    }
    standby.moveInto(disk);
    expect(['older', 'equal', 'newer'].map((key) => textIn(disk, key))).toEqual(['disk', 'disk', 'standby']);
  });

  // A state that was invalidated, because its projection was wrong, must not come back from the disk.
  test('removes from the other cache what was removed from it', () => {
    const disk = openFor(temporaryDirectory());
    for (const key of ['order:1', 'order:12', 'order:2', 'other']) disk.put(key, utf8('disk'), metaAt(9));
    const standby = new StandbyCache();
    for (const prefix of ['order:12', 'order:1', 'order:13']) standby.deletePrefix(utf8(prefix));
    standby.put(utf8('order:12'), utf8('standby'), metaAt(1));
    standby.moveInto(disk);
    expect(['order:1', 'order:12', 'order:2', 'other'].map((key) => textIn(disk, key))).toEqual([
      undefined,
      'standby',
      'disk',
      'disk',
    ]);
    // From here on the other cache counts what it removes.
    expect(standby.deletePrefix(utf8('o'))).toBe(3);
  });

  test('keeps a prefix whose bytes are changed afterwards', () => {
    const disk = openFor(temporaryDirectory());
    disk.put('order:1', utf8('disk'), metaAt(9));
    const standby = new StandbyCache();
    const prefix = utf8('order:');
    standby.deletePrefix(prefix);
    prefix.fill(0);
    standby.moveInto(disk);
    expect(textIn(disk, 'order:1')).toBeUndefined();
  });

  test('stays in memory if moving fails, and can try again', () => {
    const standby = new StandbyCache();
    standby.put(utf8('order:1'), utf8('state'), metaAt(1));
    const directory = temporaryDirectory();
    const closed = LogCache.open(directory);
    closed.close();
    expect(() => standby.moveInto(closed)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect([textIn(standby, 'order:1'), standby.hasMoved]).toEqual(['state', false]);
    standby.moveInto(openFor(directory));
    expect([textIn(standby, 'order:1'), standby.hasMoved]).toEqual(['state', true]);
    expect(() => standby.moveInto(openFor(temporaryDirectory()))).toThrow(/has moved before/);
  });

  test('is bounded if that is wanted', () => {
    const standby = new StandbyCache({ maxBytes: 10_000 });
    for (let i = 0; i < 100; i += 1) standby.put(utf8(`order:${i}`), new Uint8Array(1_000), metaAt(i));
    const disk = openFor(temporaryDirectory());
    standby.moveInto(disk);
    expect(disk.size).toBeGreaterThan(0);
    expect(disk.size).toBeLessThan(10);
    expect(() => new StandbyCache({ maxBytes: 0 })).toThrow(RangeError);
    expect(() => new StandbyCache({ maxByte: 1 } as object)).toThrow(/did you mean maxBytes/);
  });
});
