import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { LogCache } from '../src/index.ts';
import { medianOf } from './percentiles.ts';
import type { Work } from './work.ts';
import { Keys, randomFrom, type Values } from './workload.ts';

/** Puts an entry and makes it durable, in each step. */
export function durablePuts(cache: LogCache, steps: number, values: Values): Work {
  const keys = new Keys();
  return {
    name: 'put and sync, each durable',
    steps,
    step(i) {
      cache.put(keys.stored(i), values.of(i, 0), values.meta);
      cache.sync();
    },
  };
}

/** The lower bound for the same durability: appends as many bytes to a file and calls `fdatasync`, in each step. */
export class BareAppends implements Work {
  readonly name = 'bare append and fdatasync';
  readonly steps: number;
  readonly #fd: number;
  readonly #record: Uint8Array;
  #end = 0;

  constructor(path: string, steps: number, recordBytes: number) {
    this.steps = steps;
    this.#fd = openSync(path, 'w', 0o600);
    this.#record = new Uint8Array(recordBytes).fill(7);
  }

  step(): void {
    this.#end += writeSync(this.#fd, this.#record, 0, this.#record.length, this.#end);
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The lower bound for reading a record: reads as many bytes from random places of the same file. */
export class BareReads implements Work {
  readonly name = 'bare positional read';
  readonly steps: number;
  readonly #fd: number;
  readonly #target: Uint8Array;
  readonly #places: number;
  readonly #random: () => number = randomFrom(55);

  constructor(path: string, steps: number, fileBytes: number, recordBytes: number) {
    this.steps = steps;
    this.#fd = openSync(path, 'r');
    this.#target = new Uint8Array(recordBytes);
    this.#places = Math.floor(fileBytes / recordBytes);
  }

  step(): void {
    const place = this.#random() % this.#places;
    readSync(this.#fd, this.#target, 0, this.#target.length, place * this.#target.length);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The milliseconds of an `fdatasync` after 8 MB were written: the reference for pauses. */
export function largeSyncMs(path: string): number {
  const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
  const fd = openSync(path, 'w', 0o600);
  const ms: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    writeSync(fd, bytes, 0, bytes.length, i * bytes.length);
    const start = performance.now();
    fdatasyncSync(fd);
    ms.push(performance.now() - start);
  }
  closeSync(fd);
  return medianOf(ms);
}
