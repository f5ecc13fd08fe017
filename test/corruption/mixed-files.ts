import type { Engine } from '../engines/engine-source.ts';
import { openStore, StoreHistory } from '../store/store-history.ts';
import type { TestDisk } from '../store/test-disk.ts';
import { everyKind, HistoryWriter, type StoreState } from './store-states.ts';

/** Files of different times or stores in one directory, each of them complete. */
export interface MixedFiles {
  readonly name: string;
  readonly disk: TestDisk;
  readonly history: StoreHistory;
}

const LOG = '000001.log';
const IMAGE = '000001.index';
const BLOCK_BYTES = 8;

/** Every mixture of files that a restore, a copy or a forgotten file can produce. */
export function mixtures(engine: Engine): MixedFiles[] {
  return [
    olderBesideNewer(engine, IMAGE, 'an image older than its log'),
    olderBesideNewer(engine, LOG, 'a log older than its image'),
    imageOfAnotherStore(engine),
    forkWithTheSameEnd(engine),
    forkWithAnotherEnd(engine),
    oldGeneration(engine),
    ...partlyOlderImages(engine),
  ];
}

function olderBesideNewer(engine: Engine, file: string, name: string): MixedFiles {
  const early = everyKind(engine).closed('early');
  const later = new HistoryWriter(engine, early.disk.afterKill()).put('a', 'later').delete('c').put('e', 'new');
  const { disk, history } = later.closed('later');
  disk.place(file, early.disk.bytes(file));
  return { name, disk, history };
}

/**
 * The other store has the same records at the same places, except for one key, so its index points at replaced records.
 */
function imageOfAnotherStore(engine: Engine): MixedFiles {
  const { disk, history } = new HistoryWriter(engine)
    .put('a', 'older')
    .put('a', 'newer')
    .put('c', 'last')
    .closed('this');
  const other = new HistoryWriter(engine, undefined, 77).put('a', 'older').put('b', 'newer').put('c', 'last');
  disk.place(IMAGE, other.closed('other').disk.bytes(IMAGE));
  return { name: 'an image of another store', disk, history };
}

/** Blocks of an image did not reach the disk: they hold the previous image, which has the same length. */
function partlyOlderImages(engine: Engine): MixedFiles[] {
  const early = new HistoryWriter(engine).put('a', 'older').put('b', 'value').closed('early').disk;
  const { disk, history } = new HistoryWriter(engine, early.afterKill()).put('a', 'newer').closed('later');
  const older = early.bytes(IMAGE);
  const newer = disk.bytes(IMAGE);
  const mixed: MixedFiles[] = [];
  for (let at = 0; at < newer.length; at += BLOCK_BYTES) {
    const image = newer.slice();
    image.set(older.subarray(at, at + BLOCK_BYTES), at);
    const copy = disk.afterKill();
    copy.place(IMAGE, image);
    mixed.push({ name: `an image with an older block at ${at}`, disk: copy, history });
  }
  return mixed;
}

/** Two copies of a directory were written to, and the log of one is beside the image of the other. */
function forks(
  engine: Engine,
  write: (one: HistoryWriter, other: HistoryWriter) => void,
): [HistoryWriter, HistoryWriter] {
  const { disk } = everyKind(engine).closed('before the fork');
  const one = new HistoryWriter(engine, disk.afterKill());
  const other = new HistoryWriter(engine, disk.afterKill());
  write(one, other);
  one.closed('one');
  other.closed('other');
  one.disk.place(IMAGE, other.disk.bytes(IMAGE));
  return [one, other];
}

/**
 * Both forks end with the same record, so their files are indistinguishable: each entry must be that of one of them.
 */
function forkWithTheSameEnd(engine: Engine): MixedFiles {
  const [one, other] = forks(engine, (a, b) => {
    a.put('x', 'of one').put('z', 'of both');
    b.put('y', 'of two').put('z', 'of both');
  });
  const history = new StoreHistory(one.history.current);
  history.accept((contents) => {
    for (const [key, body] of other.history.current) contents.set(key, body);
  });
  return { name: 'the image of a fork with the same end', disk: one.disk, history };
}

/** The other fork has not deleted a key that this one has deleted. */
function forkWithAnotherEnd(engine: Engine): MixedFiles {
  const [{ disk, history }] = forks(engine, (a, b) => {
    a.delete('d');
    b.put('y', '');
  });
  return { name: 'the image of a fork with another end', disk, history };
}

/** The previous generation was not removed. */
function oldGeneration(engine: Engine): MixedFiles {
  const old = everyKind(engine).closed('old').disk;
  const { disk, history } = new HistoryWriter(engine, old.afterKill()).compact().put('a', 'later').closed('new');
  disk.place(LOG, old.bytes(LOG));
  disk.place(IMAGE, old.bytes(IMAGE));
  return { name: 'an old generation beside the new one', disk, history };
}

/** The process was killed after a compaction had completed the new generation and before it removed the old one. */
export function betweenGenerations(engine: Engine): StoreState {
  const { disk } = everyKind(engine).closed('before');
  const store = openStore(disk, { engine });
  const history = everyKind().history;
  let between: TestDisk | undefined;
  disk.before = ({ verb, name }) => {
    if (verb === 'truncate' && name === LOG) between ??= disk.afterKill();
    return undefined;
  };
  store.compact();
  if (between === undefined) throw new Error('the compaction did not truncate the old generation');
  history.sync();
  return { name: 'killed between two generations', disk: between, history, endIsCovered: true };
}
