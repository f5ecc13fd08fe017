import { BodyReader } from '../log/body-reader.ts';
import type { LogFile } from '../log/log-file.ts';
import { RECORD_ALIGNMENT } from '../log/record-format.ts';

/**
 * Where a record lies, in one int32 of the index: 31 bits for its offset in units of eight bytes, and the sign bit, set
 * if the number of its generation is odd. During a compaction, records of two generations are live. As the two differ
 * in that bit, copying a record changes only its own location, and the switch to the new generation changes none.
 */
export type Location = number;

export function locationOf(generation: number, offset: number): Location {
  return (offset / RECORD_ALIGNMENT) | (generation << 31);
}

export function offsetOf(location: Location): number {
  return (location & 0x7fffffff) * RECORD_ALIGNMENT;
}

/** Whether the record lies in `generation` rather than in the other one. */
export function isOf(generation: number, location: Location): boolean {
  return location >>> 31 === (generation & 1);
}

/** The index counts record sizes in units of the alignment. */
export function unitsOf(bytes: number): number {
  return bytes / RECORD_ALIGNMENT;
}

export function bytesOf(units: number): number {
  return units * RECORD_ALIGNMENT;
}

/** A log and its point reads. */
class Generation {
  readonly log: LogFile;
  readonly reader: BodyReader;

  constructor(log: LogFile) {
    this.log = log;
    this.reader = new BodyReader(log);
  }
}

/** The generation that is the store and the one a compaction is building: locations in the index name either. */
export class Generations {
  #active: Generation;
  #building: Generation | undefined;

  constructor(log: LogFile) {
    this.#active = new Generation(log);
  }

  /** The log that is the store: new records are appended here. */
  get active(): LogFile {
    return this.#active.log;
  }

  /** Every open log. */
  get all(): readonly LogFile[] {
    return this.#building === undefined ? [this.#active.log] : [this.#active.log, this.#building.log];
  }

  /** Whether the index may hold locations in a log that is not the store yet. */
  get isBuilding(): boolean {
    return this.#building !== undefined;
  }

  /** The log that holds `location`. */
  logOf(location: Location): LogFile {
    return this.#of(location).log;
  }

  /** The point reads of the log that holds `location`. */
  readerOf(location: Location): BodyReader {
    return this.#of(location).reader;
  }

  build(log: LogFile): void {
    this.#building = new Generation(log);
  }

  /** Makes the log of a reader the store. */
  replace(log: LogFile): void {
    this.#active = new Generation(log);
  }

  /** Makes the generation being built the store. */
  switch(): void {
    if (this.#building !== undefined) this.#active = this.#building;
    this.#building = undefined;
  }

  stopBuilding(): void {
    this.#building = undefined;
  }

  #of(location: Location): Generation {
    const building = this.#building;
    return building !== undefined && isOf(building.log.generation, location) ? building : this.#active;
  }
}
