import { BodyReader, type BodyUse, type RecordUse } from '../log/body-reader.ts';
import type { LogFile } from '../log/log-file.ts';
import { isOf, type Location, offsetOf } from './location.ts';

/** A log with its point reads. */
class Generation {
  readonly log: LogFile;
  readonly bodies: BodyReader;

  constructor(log: LogFile) {
    this.log = log;
    this.bodies = new BodyReader(log);
  }
}

/** The generation that is the store, and the one a compaction is building: locations in the index may name either. */
export class Generations {
  #active: Generation;
  #building: Generation | undefined;

  constructor(log: LogFile) {
    this.#active = new Generation(log);
  }

  /** The log that is the store: new records go here. */
  get active(): LogFile {
    return this.#active.log;
  }

  /** Every log that is open. */
  get all(): readonly LogFile[] {
    return this.#building === undefined ? [this.#active.log] : [this.#active.log, this.#building.log];
  }

  /** Whether the index may name places in a log that is not the store yet. */
  get isBuilding(): boolean {
    return this.#building !== undefined;
  }

  build(log: LogFile): void {
    this.#building = new Generation(log);
  }

  /** The generation being built becomes the store; returns the one that was. */
  switch(): LogFile {
    const { log } = this.#active;
    if (this.#building !== undefined) this.#active = this.#building;
    this.#building = undefined;
    return log;
  }

  stopBuilding(): void {
    this.#building = undefined;
  }

  /** Lends the body of the record at `location` to `use` where it is the key's and in memory; else `undefined`. */
  readResident<Result>(location: Location, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    return this.#of(location).bodies.readResident(offsetOf(location), key, use);
  }

  /** Lends the body of the record at `location` to `use`; `undefined` where it is damaged. */
  readBody<Result>(location: Location, recordBytes: number, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    return this.#of(location).bodies.read(offsetOf(location), recordBytes, key, use);
  }

  /** Lends the record of the index at `location` to `use` where it is in memory; else `undefined`. */
  lendResident<Result>(location: Location, recordBytes: number, use: RecordUse<Result>): Result | undefined {
    return this.#of(location).bodies.lendResident(offsetOf(location), recordBytes, use);
  }

  /** Has the processor fetch the record at `location`, as `BodyReader.touch`. */
  touch(location: Location, recordBytes: number): number {
    return this.#of(location).bodies.touch(offsetOf(location), recordBytes);
  }

  /** Begins to read the record at `location` off the thread. */
  prefetchBody(location: Location, recordBytes: number): void {
    this.#of(location).bodies.prefetch(offsetOf(location), recordBytes);
  }

  /** Number of the generation a location lies in. */
  generationOf(location: Location): number {
    return this.#of(location).log.generation;
  }

  #of(location: Location): Generation {
    const building = this.#building;
    return building !== undefined && isOf(building.log.generation, location) ? building : this.#active;
  }
}
