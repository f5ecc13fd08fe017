import type { LogStore } from '../../src/store/log-store.ts';
import type { Engine } from '../engines/engine-source.ts';
import {
  bytes,
  type Contents,
  contentsOf,
  equal,
  getBody,
  openStore,
  openWithEvents,
  type StoreHistory,
  text,
} from '../store/store-history.ts';
import type { TestDisk } from '../store/test-disk.ts';

/** The memory that the contents of a file of some kilobytes may make a store fill at once. */
const MEMORY_BYTES_MAX: number = 1024 * 1024;

/** Whatever was done to the files: the store opens and holds nothing but what was there last or later. */
export function expectNoLies(disk: TestDisk, history: StoreHistory, damage: string): Map<string, string> {
  const contents = contentsOf(openStore(disk));
  assertNone(history.lies(contents), damage);
  return contents;
}

/**
 * Besides, it can be written to and compacted, and what it says then is what it says after the next crash. Damage that
 * reaches the end of the log may have taken the marks: then all of an earlier state may be back.
 */
export function expectHonest(
  disk: TestDisk,
  history: StoreHistory,
  damage: string,
  reachesEnd = false,
  engine?: Engine,
): Map<string, string> {
  const liesIn = (contents: Contents): readonly string[] =>
    reachesEnd && history.wasState(contents) ? [] : history.lies(contents);
  return expectUsable(disk, damage, liesIn, engine);
}

/**
 * Opens a store of a few kilobytes whatever its files hold, and returns its contents, of which `liesIn` names none as a
 * lie. It allocates no more than files of this size are worth, can be written to and compacted, and what it says then is
 * what it says after the next crash. Throws an error that begins with `damage` where anything of that does not hold.
 */
export function expectUsable(
  disk: TestDisk,
  damage: string,
  liesIn: (contents: Contents) => readonly string[],
  engine?: Engine,
): Map<string, string> {
  const { store, events } = openedAfter(disk, damage, engine);
  const contents = contentsOf(store);
  assertNone(liesIn(contents), damage);
  for (const [key, body] of contents) {
    if (text(getBody(store, bytes(key)) ?? bytes('missed')) !== body) throw new Error(`${damage}: ${key} changed`);
  }
  store.writer.put(bytes('new'), bytes('of this process'));
  store.sync();
  const expected = new Map(contents).set('new', 'of this process');
  assertSame(
    openStore(
      disk.afterCrash(() => 'none'),
      { engine },
    ),
    expected,
    `${damage}, after a crash`,
  );
  store.compact();
  assertSame(openStore(disk.afterKill(), { engine }), expected, `${damage}, after a compaction`);
  store.close();
  assertSame(openStore(disk, { engine }), expected, `${damage}, after closing`);
  const poisoned = events.filter(({ type }) => type === 'poisoned' || type === 'background-write-failed');
  assertNone(
    poisoned.map(({ type }) => type),
    damage,
  );
  if (disk.memoryBytes > MEMORY_BYTES_MAX) throw new Error(`${damage}: it filled ${disk.memoryBytes} bytes of memory`);
  return contents;
}

function openedAfter(disk: TestDisk, damage: string, engine?: Engine): ReturnType<typeof openWithEvents> {
  try {
    return openWithEvents(disk, { engine });
  } catch (error) {
    throw new Error(`${damage}: it does not open: ${String(error)}`, { cause: error });
  }
}

function assertNone(faults: readonly string[], damage: string): void {
  if (faults.length > 0) throw new Error(`${damage}: ${faults.join('; ')}`);
}

function assertSame(store: LogStore, expected: ReadonlyMap<string, string>, damage: string): void {
  const found = contentsOf(store);
  if (equal(found, expected)) return;
  throw new Error(`${damage}: ${JSON.stringify([...found])} instead of ${JSON.stringify([...expected])}`);
}
