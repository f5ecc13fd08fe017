import { crashImage } from './crash-image.ts';
import type { DiskChange, DiskJournal } from './disk-change.ts';
import type { DiskImage } from './disk-image.ts';
import { DiskState } from './disk-state.ts';
import {
  type CrashOutcome,
  describeOutcome,
  KEPT,
  LOST,
  type PendingPart,
  pendingParts,
  STALE,
  ZEROED,
} from './pending-part.ts';
import { seededRandom } from './seeded-random.ts';

/** Which crashes `crashStates` goes through, and how many states of each. */
export interface CrashStatesOptions {
  /** The first crash happens after this many changes. At least 0; default 0, before the first change. */
  readonly from?: number;
  /** The last crash happens after at most this many changes. Default: all changes of the journal. */
  readonly to?: number;
  /** All combinations are tried if a crash has at most this many, else this many samples. At least 2; default 256. */
  readonly combinationsMax?: number;
  /**
   * The last write is torn at every byte if it has at most this many, else at about this many places. Default 4096; 0:
   * never.
   */
  readonly tearsMax?: number;
  /** The size of a disk sector in bytes: earlier writes are kept or lost by sectors. At least 1; default 512. */
  readonly sectorBytes?: number;
  /** The seed of the samples: an integer; default 1. */
  readonly seed?: number;
}

/** One state of the disk that a crash may leave. */
export interface CrashState {
  /** How many changes of the journal happened before the crash. */
  readonly changes: number;
  /** The contents of the disk: start a `FaultStorage` with it, to open the store as the next process would. */
  readonly image: DiskImage;
  /** Lists the outcome of each change that was not durable, as text for people. */
  describe(): string;
}

const COMBINATIONS_MAX = 256;
const TEARS_MAX = 4096;
const SECTOR_BYTES = 512;

/**
 * Generates every state that a crash may leave, at each point of the journal. See `FaultStorage` for what may happen to
 * a change that no sync covered. A state may come more than once, at one point or at several; `imageDigest` detects
 * that.
 */
export function* crashStates(journal: DiskJournal, options: CrashStatesOptions = {}): Generator<CrashState, undefined> {
  const { from = 0, to = journal.changes.length, seed = 1 } = options;
  const random = seededRandom(seed);
  const disk = new DiskState(journal.start);
  for (let changes = 0; ; changes += 1) {
    const last = journal.changes[changes - 1];
    if (last !== undefined) disk.apply(last);
    if (changes >= from) yield* statesAt(disk, last, options, random);
    if (changes >= Math.min(to, journal.changes.length)) return undefined;
  }
}

/** The disk if a crash after the whole journal loses every change that is not durable. */
export function durableImage(journal: DiskJournal): DiskImage {
  const disk = new DiskState(journal.start);
  for (const change of journal.changes) disk.apply(change);
  const parts = pendingParts(disk, SECTOR_BYTES);
  return crashImage(
    disk,
    parts,
    parts.map(({ certain }) => (certain ? KEPT : LOST)),
  );
}

function* statesAt(
  disk: DiskState,
  last: DiskChange | undefined,
  options: CrashStatesOptions,
  random: () => number,
): Generator<CrashState, undefined> {
  const { combinationsMax = COMBINATIONS_MAX, tearsMax = TEARS_MAX, sectorBytes = SECTOR_BYTES } = options;
  const parts = pendingParts(disk, sectorBytes);
  for (const outcomes of combinations(parts, combinationsMax, random)) yield stateOf(disk, parts, outcomes);
  if (last?.kind !== 'write' || tearsMax === 0 || !disk.reachable().has(last.file)) return undefined;
  const coarse = parts.filter(({ number }) => number !== disk.changes - 1);
  const grows = parts.some((part) => part.grows && part.number === disk.changes - 1);
  const whole: PendingPart = { number: disk.changes - 1, file: last.file, change: last, certain: false, grows };
  const all = [...coarse, whole];
  for (const at of tearPlaces(last, tearsMax, sectorBytes)) {
    yield stateOf(disk, all, [...coarse.map(() => KEPT), { first: 'new', at, rest: 'old' }]);
    // The other ways to tear the write, combined with random outcomes of the earlier changes.
    const tears = tearsAt(at, grows);
    yield stateOf(disk, all, [...sample(coarse, random), tears[random() % tears.length] as CrashOutcome]);
  }
  return undefined;
}

function stateOf(disk: DiskState, parts: readonly PendingPart[], outcomes: readonly CrashOutcome[]): CrashState {
  const { changes } = disk;
  const when = changes === 0 ? 'crash before the first change' : `crash after change ${changes - 1}`;
  const describe = (): string =>
    [when, ...parts.map((part, i) => describeOutcome(part, outcomes[i] as CrashOutcome))].join('\n');
  return { changes, image: crashImage(disk, parts, outcomes), describe };
}

/** All combinations of outcomes if they are few; else the most useful ones, and samples. */
function* combinations(
  parts: readonly PendingPart[],
  max: number,
  random: () => number,
): Generator<CrashOutcome[], undefined> {
  const choices = parts.map(possibleOutcomes);
  const count = choices.reduce((product, outcomes) => product * outcomes.length, 1);
  if (count <= max) {
    for (let number = 0; number < count; number += 1) yield numbered(choices, number);
    return undefined;
  }
  const uncertain = parts.flatMap(({ certain }, i) => (certain ? [] : [i]));
  const pick = (outcomeOf: (i: number) => CrashOutcome): CrashOutcome[] =>
    parts.map((part, i) => (part.certain ? KEPT : outcomeOf(i)));
  yield pick(() => KEPT);
  yield pick(() => LOST);
  let yielded = 2;
  for (const one of uncertain) {
    // All parts up to one, all but one, and only that one.
    const informative = [(i: number) => i <= one, (i: number) => i !== one, (i: number) => i === one];
    for (const isKept of informative) {
      if (yielded >= max) break;
      yield pick((i) => (isKept(i) ? KEPT : LOST));
      yielded += 1;
    }
  }
  for (; yielded < max; yielded += 1) yield sample(parts, random);
  return undefined;
}

function possibleOutcomes({ certain, grows, change }: PendingPart): readonly CrashOutcome[] {
  if (certain) return [KEPT];
  return grows && change.kind === 'write' ? [KEPT, LOST, ZEROED, STALE] : [KEPT, LOST];
}

function numbered(choices: readonly (readonly CrashOutcome[])[], number: number): CrashOutcome[] {
  let rest = number;
  return choices.map((outcomes) => {
    const outcome = outcomes[rest % outcomes.length] as CrashOutcome;
    rest = Math.floor(rest / outcomes.length);
    return outcome;
  });
}

/** A random outcome for each part; one write in eight is torn. */
function sample(parts: readonly PendingPart[], random: () => number): CrashOutcome[] {
  return parts.map((part) => {
    const outcomes = possibleOutcomes(part);
    const { change } = part;
    if (!part.certain && change.kind === 'write' && random() % 8 === 0) {
      const tears = tearsAt(random() % (change.bytes.length + 1), part.grows);
      return tears[random() % tears.length] as CrashOutcome;
    }
    return outcomes[random() % outcomes.length] as CrashOutcome;
  });
}

function tearsAt(at: number, grows: boolean): readonly CrashOutcome[] {
  const tears: CrashOutcome[] = [
    { first: 'new', at, rest: 'old' },
    { first: 'old', at, rest: 'new' },
  ];
  if (grows) tears.push({ first: 'new', at, rest: 'zeros' }, { first: 'new', at, rest: 'stale' });
  return tears;
}

/** Every byte of a short write; for a longer one, the bytes around sector boundaries and evenly spread ones. */
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
    // The sector boundary, and a place within the sector that moves from sector to sector.
    for (const at of [boundary, boundary + 1 + ((sector * 8) % (sectorBytes - 1))]) if (at > 0 && at < length) yield at;
  }
  return undefined;
}
