import { crashImage } from './crash-image.ts';
import { type CrashPiece, crashPieces, describeFate, type Fate, KEPT, LOST, STALE, ZEROED } from './crash-piece.ts';
import type { DiskChange, DiskJournal } from './disk-change.ts';
import type { DiskImage } from './disk-image.ts';
import { DiskMoment } from './disk-moment.ts';
import { seededRandom } from './seeded-random.ts';

/** How much of what a crash may leave is gone through. */
export interface CrashStatesOptions {
  /** Crashes after so many changes at the least; default 0, before the first. */
  readonly from?: number;
  /** Crashes after so many changes at the most; default: all of them. */
  readonly to?: number;
  /** Every combination of pieces is tried where there are at most so many, else so many samples; default 256. */
  readonly combinationsMax?: number;
  /** The last write is torn at each byte up to this many, and a longer one at so many places; default 4096, 0: never. */
  readonly tearsMax?: number;
  /** What a disk writes at once or not at all, as far as earlier writes are concerned; default 512. */
  readonly sectorBytes?: number;
  /** Decides about samples; default 1. */
  readonly seed?: number;
}

/** A disk as a crash may leave it. */
export interface CrashState {
  /** How many changes of the journal had happened. */
  readonly changes: number;
  /** What the disk holds: a `FaultStorage` begins with it, as the next process would find it. */
  readonly image: DiskImage;
  /** What became of each change that was not durable, for people. */
  describe(): string;
}

const COMBINATIONS_MAX = 256;
const TEARS_MAX = 4096;
const SECTOR_BYTES = 512;

/**
 * Every state that a crash may leave, at each point of the journal: see `FaultStorage` for what may happen to a change
 * that no sync covered. States may come more than once, at one point or at several; `imageDigest` tells.
 */
export function* crashStates(journal: DiskJournal, options: CrashStatesOptions = {}): Generator<CrashState, undefined> {
  const { from = 0, to = journal.changes.length, seed = 1 } = options;
  const random = seededRandom(seed);
  const moment = new DiskMoment(journal.start);
  for (let changes = 0; ; changes += 1) {
    const last = journal.changes[changes - 1];
    if (last !== undefined) moment.apply(last);
    if (changes >= from) yield* statesAt(moment, last, options, random);
    if (changes >= Math.min(to, journal.changes.length)) return undefined;
  }
}

/** What a crash after all of the journal leaves for certain: of what is not durable nothing reached the disk. */
export function durableImage(journal: DiskJournal): DiskImage {
  const moment = new DiskMoment(journal.start);
  for (const change of journal.changes) moment.apply(change);
  const pieces = crashPieces(moment, SECTOR_BYTES);
  return crashImage(
    moment,
    pieces,
    pieces.map(({ certain }) => (certain ? KEPT : LOST)),
  );
}

function* statesAt(
  moment: DiskMoment,
  last: DiskChange | undefined,
  options: CrashStatesOptions,
  random: () => number,
): Generator<CrashState, undefined> {
  const { combinationsMax = COMBINATIONS_MAX, tearsMax = TEARS_MAX, sectorBytes = SECTOR_BYTES } = options;
  const pieces = crashPieces(moment, sectorBytes);
  for (const fates of combinations(pieces, combinationsMax, random)) yield stateOf(moment, pieces, fates);
  if (last?.kind !== 'write' || tearsMax === 0 || !moment.reachable().has(last.file)) return undefined;
  const coarse = pieces.filter(({ number }) => number !== moment.changes - 1);
  const grows = pieces.some((piece) => piece.grows && piece.number === moment.changes - 1);
  const whole: CrashPiece = { number: moment.changes - 1, file: last.file, change: last, certain: false, grows };
  const all = [...coarse, whole];
  for (const at of tearPlaces(last, tearsMax, sectorBytes)) {
    yield stateOf(moment, all, [...coarse.map(() => KEPT), { head: 'new', at, tail: 'old' }]);
    // The other ways to be torn, among all that may have become of the changes before.
    const tears = tearsAt(at, grows);
    yield stateOf(moment, all, [...sample(coarse, random), tears[random() % tears.length] as Fate]);
  }
  return undefined;
}

function stateOf(moment: DiskMoment, pieces: readonly CrashPiece[], fates: readonly Fate[]): CrashState {
  const { changes } = moment;
  const when = changes === 0 ? 'crash before the first change' : `crash after change ${changes - 1}`;
  const describe = (): string => [when, ...pieces.map((piece, i) => describeFate(piece, fates[i] as Fate))].join('\n');
  return { changes, image: crashImage(moment, pieces, fates), describe };
}

/** All assignments of fates where they are few, otherwise the telling ones and samples. */
function* combinations(pieces: readonly CrashPiece[], max: number, random: () => number): Generator<Fate[], undefined> {
  const choices = pieces.map(possibleFates);
  const count = choices.reduce((product, fates) => product * fates.length, 1);
  if (count <= max) {
    for (let number = 0; number < count; number += 1) yield numbered(choices, number);
    return undefined;
  }
  const uncertain = pieces.flatMap(({ certain }, i) => (certain ? [] : [i]));
  const pick = (fateOf: (i: number) => Fate): Fate[] => pieces.map((piece, i) => (piece.certain ? KEPT : fateOf(i)));
  yield pick(() => KEPT);
  yield pick(() => LOST);
  let given = 2;
  for (const one of uncertain) {
    // Everything up to one piece, everything but one, and that one alone.
    const telling = [(i: number) => i <= one, (i: number) => i !== one, (i: number) => i === one];
    for (const isKept of telling) {
      if (given >= max) break;
      yield pick((i) => (isKept(i) ? KEPT : LOST));
      given += 1;
    }
  }
  for (; given < max; given += 1) yield sample(pieces, random);
  return undefined;
}

function possibleFates({ certain, grows, change }: CrashPiece): readonly Fate[] {
  if (certain) return [KEPT];
  return grows && change.kind === 'write' ? [KEPT, LOST, ZEROED, STALE] : [KEPT, LOST];
}

function numbered(choices: readonly (readonly Fate[])[], number: number): Fate[] {
  let rest = number;
  return choices.map((fates) => {
    const fate = fates[rest % fates.length] as Fate;
    rest = Math.floor(rest / fates.length);
    return fate;
  });
}

/** A random fate for each piece; of writes, one in eight is torn. */
function sample(pieces: readonly CrashPiece[], random: () => number): Fate[] {
  return pieces.map((piece) => {
    const fates = possibleFates(piece);
    const { change } = piece;
    if (!piece.certain && change.kind === 'write' && random() % 8 === 0) {
      const tears = tearsAt(random() % (change.bytes.length + 1), piece.grows);
      return tears[random() % tears.length] as Fate;
    }
    return fates[random() % fates.length] as Fate;
  });
}

function tearsAt(at: number, grows: boolean): readonly Fate[] {
  const tears: Fate[] = [
    { head: 'new', at, tail: 'old' },
    { head: 'old', at, tail: 'new' },
  ];
  if (grows) tears.push({ head: 'new', at, tail: 'zeros' }, { head: 'new', at, tail: 'stale' });
  return tears;
}

/** Every byte of a short write; of a longer one those around the sector boundaries, and evenly spread ones. */
function* tearPlaces(
  write: Extract<DiskChange, { kind: 'write' }>,
  max: number,
  sectorBytes: number,
): Generator<number, undefined> {
  const { length } = write.bytes;
  if (length <= max) {
    for (let at = 1; at < length; at += 1) yield at;
    return undefined;
  }
  const sectors = Math.ceil(length / sectorBytes);
  const step = Math.max(1, Math.ceil((sectors * 2) / max));
  for (let sector = 0; sector < sectors; sector += step) {
    const boundary = sector * sectorBytes - (write.position % sectorBytes);
    // The last but one byte of a sector, and one in its middle that wanders from sector to sector.
    for (const at of [boundary, boundary + 1 + ((sector * 8) % (sectorBytes - 1))]) if (at > 0 && at < length) yield at;
  }
  return undefined;
}
