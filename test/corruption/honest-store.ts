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

/** The most memory that opening files of a few kilobytes may allocate at once. */
const MEMORY_BYTES_MAX: number = 1024 * 1024;

const NEW_KEY: Uint8Array = bytes('new');
/** Keys of the stores that are damaged, and one that none of them has. */
const KEYS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'key 0', 'key 1', 'key 4', 'user:1', 'absent'];
const BEGINNINGS = ['scan', 'get', 'put'] as const;

/** Checks that the store opens and holds only last synced or later values, whatever was done to the files. */
export function expectNoLies(disk: TestDisk, history: StoreHistory, damage: string): Map<string, string> {
  const contents = contentsOf(openStore(disk));
  assertNone(history.lies(contents), damage);
  return contents;
}

/**
 * Also checks that it can be written to and compacted, and that its contents are the same after the next crash. Damage
 * that reaches the end of the log may have removed the marks: then the complete earlier state is allowed too.
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
 * Opens a store of a few kilobytes with damaged files, and returns its contents; `liesIn` must find no lie in them.
 * Checks that it allocates no more than files of this size need, can be written to and compacted, and has the same
 * contents after the next crash. Throws an error that starts with `damage` if one of these checks fails.
 */
export function expectUsable(
  disk: TestDisk,
  damage: string,
  liesIn: (contents: Contents) => readonly string[],
  engine?: Engine,
): Map<string, string> {
  const { store, events } = openedAfter(disk, damage, engine);
  // A damaged piece of the index image is found by a get, by a put or by a scan, whichever comes first.
  const begins = BEGINNINGS[damage.length % BEGINNINGS.length];
  if (begins === 'put') store.writer.put(NEW_KEY, bytes('of this process'));
  const early = begins === 'get' ? KEYS.map((key) => [key, getBody(store, bytes(key))] as const) : [];
  const contents = contentsOf(store);
  contents.delete(text(NEW_KEY));
  assertNone(liesIn(contents), damage);
  for (const [key, body] of contents) {
    if (text(getBody(store, bytes(key)) ?? bytes('missed')) !== body) throw new Error(`${damage}: ${key} changed`);
  }
  for (const [key, body] of early) {
    if ((body === undefined ? body : text(body)) !== contents.get(key)) throw new Error(`${damage}: ${key} differs`);
  }
  store.writer.put(NEW_KEY, bytes('of this process'));
  store.sync();
  const expected = new Map(contents).set(text(NEW_KEY), 'of this process');
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
  if (disk.memoryBytes > MEMORY_BYTES_MAX)
    throw new Error(`${damage}: it allocated ${disk.memoryBytes} bytes of memory`);
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
