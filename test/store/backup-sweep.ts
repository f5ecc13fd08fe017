import type { LogStore } from '../../src/store/log-store.ts';
import {
  crashStates,
  type DiskImage,
  type DiskOperation,
  type Fault,
  FaultStorage,
  imageDigest,
} from '../../src/testing/index.ts';
import { FAULTS_BY_VERB } from '../faults/faults-by-verb.ts';
import { COPY, namesIn, restored } from './backup-fixtures.ts';
import { bytes, type Contents, contentsOf, openStore } from './store-history.ts';

/** How a backup is made to fail. */
export interface BackupSweepOptions {
  /** Bytes of each value. Large ones make the backup take several steps. */
  readonly bodyBytes: number;
  /** Whether the store is written to and compacted in the middle of the backup. */
  readonly compacts: boolean;
  /** One storage call in so many fails; 1: each. */
  readonly callEvery: number;
  /** In one run of so many the crashes are tried as well. */
  readonly crashEvery: number;
  /** The most combinations of lost and kept changes at each point of a crash. */
  readonly combinationsMax: number;
}

/** Counts of what a sweep has tried. */
export interface BackupSweepCount {
  /** Runs in which a storage call failed. */
  runs: number;
  /** Runs in which the backup threw. */
  failures: number;
  /** Different disks after a crash. */
  crashes: number;
  /** How many of them hold a whole copy. */
  whole: number;
  /** For each of these disks, by its digest, whether the copy is whole. */
  readonly seen: Map<number, boolean>;
}

const KEYS = 12;

/**
 * Makes each storage call of a backup fail in each way, once and permanently, and crashes each run at each point. The
 * copy must be refused, absent, or exactly the state at the call; the store that is copied must be unharmed.
 */
export function sweepBackup(options: BackupSweepOptions): BackupSweepCount {
  const count: BackupSweepCount = { runs: 0, failures: 0, crashes: 0, whole: 0, seen: new Map() };
  const clean = new BackupRun(options, count);
  clean.run(() => undefined);
  clean.crash();
  if (!clean.succeeded) throw new Error('the backup failed without a fault');
  const operations = clean.storage.operations.filter(({ number }) => number >= clean.firstCall);
  for (const operation of operations) {
    if (operation.number % options.callEvery > 0) continue;
    for (const fault of FAULTS_BY_VERB[operation.verb]) {
      for (const isOnce of [true, false]) runWith(operation, fault, isOnce, options, count);
    }
  }
  return count;
}

function runWith(
  operation: DiskOperation,
  fault: Fault,
  isOnce: boolean,
  options: BackupSweepOptions,
  count: BackupSweepCount,
): void {
  const { number, verb, name, directory } = operation;
  const run = new BackupRun(options, count);
  count.runs += 1;
  try {
    run.run((call) => {
      if (isOnce) return call.number === number ? fault : undefined;
      const isSame = call.verb === verb && call.name === name && call.directory === directory;
      return call.number >= number && isSame ? fault : undefined;
    });
    if (!run.succeeded) count.failures += 1;
    if (count.runs % options.crashEvery === 0) run.crash();
  } catch (error) {
    const where = `call ${number}, ${verb} of ${directory}/${name}`;
    const how = `${JSON.stringify(fault)} ${isOnce ? 'once' : 'permanently'}`;
    throw new Error(`${where}, ${how}: ${(error as Error).message}`, { cause: error });
  }
}

/** One backup of a store, with the storage it runs on. */
class BackupRun {
  readonly storage: FaultStorage = new FaultStorage();
  readonly firstCall: number;
  succeeded = false;
  readonly #options: BackupSweepOptions;
  readonly #count: BackupSweepCount;
  readonly #store: LogStore;
  readonly #synced: Contents;
  /** The state at the call. */
  readonly #expected: Contents;
  readonly #firstChange: number;
  #lastChange = 0;

  constructor(options: BackupSweepOptions, count: BackupSweepCount) {
    this.#options = options;
    this.#count = count;
    this.#store = openStore(this.storage);
    const put = (key: number, round: number): void =>
      this.#store.writer.put(bytes(`key ${key}`), new Uint8Array(options.bodyBytes).fill(10 * round + key));
    for (let i = 0; i < KEYS; i += 1) put(i, 0);
    this.#store.writer.delete(bytes('key 1'));
    put(2, 1);
    this.#store.sync();
    this.#synced = contentsOf(this.#store);
    put(3, 1);
    this.#expected = contentsOf(this.#store);
    this.firstCall = this.storage.operations.length;
    this.#firstChange = this.storage.journal.changes.length;
  }

  /** Makes a backup and examines what it leaves. */
  run(rule: NonNullable<FaultStorage['rule']>): void {
    this.storage.rule = rule;
    let changes = 0;
    const onProgress = (): void => {
      changes += 1;
      if (this.#options.compacts && changes === 1) this.#change();
    };
    try {
      this.#store.backup(COPY, { onProgress });
      this.succeeded = true;
    } catch (error) {
      if (!['IO', 'POISONED', 'LOCKED'].includes((error as { code: string }).code)) throw error;
    }
    this.storage.rule = undefined;
    this.#lastChange = this.storage.journal.changes.length;
    this.#assertStore();
    const isWhole = this.#isCopyWhole(this.storage.image());
    if (this.succeeded && !isWhole) throw new Error(`the copy is not there, only ${namesIn(this.storage).join()}`);
    if (this.storage.isLocked(COPY)) throw new Error('the directory of the copy stays locked');
    const open = this.storage.openFiles.filter((path) => path.startsWith(COPY));
    if (open.length > 0) throw new Error(`${open.join()} stays open`);
  }

  /** Crashes the run at each point. */
  crash(): void {
    const { journal } = this.storage;
    const { combinationsMax } = this.#options;
    for (const state of crashStates(journal, { from: this.#firstChange, combinationsMax, tearsMax: 4 })) {
      try {
        const isWhole = this.#examine(state.image);
        if (this.succeeded && state.changes >= this.#lastChange && !isWhole) throw new Error('the copy is not there');
      } catch (error) {
        throw new Error(`${state.describe()}\n${(error as Error).message}`, { cause: error });
      }
    }
  }

  /** Whether the copy on this disk is whole. Disks that were examined before are only looked up. */
  #examine(image: DiskImage): boolean {
    const { seen } = this.#count;
    const digest = imageDigest(image);
    const known = seen.get(digest);
    if (known !== undefined) return known;
    const isWhole = this.#isCopyWhole(image);
    if (!this.#options.compacts) this.#assertSource(image);
    seen.set(digest, isWhole);
    this.#count.crashes += 1;
    if (isWhole) this.#count.whole += 1;
    return isWhole;
  }

  /** Writes and compacts in the middle of the backup. */
  #change(): void {
    try {
      this.#store.writer.put(bytes('later'), new Uint8Array(this.#options.bodyBytes));
      this.#store.compact();
    } catch (error) {
      if (!['IO', 'POISONED'].includes((error as { code: string }).code)) throw error;
    }
  }

  #assertStore(): void {
    const contents = new Map(contentsOf(this.#store));
    if (this.#options.compacts) contents.delete('later');
    assertSame(contents, this.#expected, 'the store');
  }

  #assertSource(image: DiskImage): void {
    const contents = contentsOf(openStore(new FaultStorage({ image })));
    if (isSame(contents, this.#synced)) return;
    assertSame(contents, this.#expected, 'the store after a crash');
  }

  /** Whether the copy is whole. Throws if it is anything else than whole, refused or absent. */
  #isCopyWhole(image: DiskImage): boolean {
    const files = image.get(COPY);
    const isAbsent = files === undefined || files.size === 0;
    const opened = isAbsent ? [] : [true, false].flatMap((readOnly) => openedCopy(image, readOnly));
    for (const contents of opened) assertSame(contents, this.#expected, 'the copy');
    if (opened.length === 1) throw new Error('the copy opens for a reader or a writer only');
    return opened.length > 0;
  }
}

/** What the copy holds; nothing if it is refused. */
function openedCopy(image: DiskImage, readOnly: boolean): Contents[] {
  try {
    const { contents, events } = restored(new FaultStorage({ image }), { readOnly });
    if (events.length > 0) throw new Error(`opening the copy reports ${JSON.stringify(events)}`);
    return [contents];
  } catch (error) {
    if ((error as { code?: string }).code === 'INCOMPATIBLE') return [];
    throw error;
  }
}

function assertSame(found: Contents, expected: Contents, what: string): void {
  if (isSame(found, expected)) return;
  throw new Error(`${what} holds ${[...found.keys()].join()}, expected are ${[...expected.keys()].join()}`);
}

function isSame(a: Contents, b: Contents): boolean {
  return a.size === b.size && [...a].every(([key, body]) => b.get(key) === body);
}
