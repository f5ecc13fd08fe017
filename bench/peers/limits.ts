import { closeSync, fdatasyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { randomFrom, shuffled } from '../workload.ts';
import { Dataset, keyForms } from './dataset.ts';

/** A limit of the machine: no store can be better at the measure beside it. */
export interface Limit {
  readonly name: string;
  readonly measure: string;
  readonly perSecond: number;
}

/** The bytes of a record: key, body and a header, as every log has them. */
function recordBytes(valueBytes: number): number {
  return 16 + 32 + valueBytes + 16;
}

/** Measures them once, on a file in `directory`. */
export function measureLimits(
  directory: string,
  options: { readonly entries: number; readonly valueBytes: number; readonly durablePuts: number },
): Limit[] {
  const { entries, valueBytes, durablePuts } = options;
  const bytes = recordBytes(valueBytes);
  return [
    { name: 'positional read of a record', measure: 'get, hit', perSecond: reads(directory, entries, bytes) },
    {
      name: 'append of a record and fdatasync',
      measure: 'durable put',
      perSecond: appends(directory, durablePuts, bytes),
    },
    { name: 'copy of a body into a pooled buffer', measure: 'scan', perSecond: copies(entries, valueBytes) },
    { name: 'Map.get, string keys', measure: 'get, hit', perSecond: mapGets(entries) },
  ];
}

function rate(operations: number, work: () => void): number {
  const start = performance.now();
  work();
  return (operations / (performance.now() - start)) * 1000;
}

function reads(directory: string, entries: number, bytes: number): number {
  const path = join(directory, 'limit-reads');
  const file = openSync(path, 'w+', 0o600);
  const block = new Uint8Array(bytes * 1000).fill(7);
  for (let written = 0; written < entries; written += 1000) writeSync(file, block, 0, block.length, written * bytes);
  const target = new Uint8Array(bytes);
  const order = shuffled(entries, randomFrom(5));
  const pass = (): void => {
    for (let i = 0; i < entries; i += 1) readSync(file, target, 0, bytes, (order[i] as number) * bytes);
  };
  pass();
  const result = rate(entries, pass);
  closeSync(file);
  rmSync(path);
  return result;
}

function appends(directory: string, count: number, bytes: number): number {
  const path = join(directory, 'limit-appends');
  const file = openSync(path, 'w', 0o600);
  const record = new Uint8Array(bytes).fill(7);
  const result = rate(count, () => {
    for (let i = 0; i < count; i += 1) {
      writeSync(file, record, 0, bytes, i * bytes);
      fdatasyncSync(file);
    }
  });
  closeSync(file);
  rmSync(path);
  return result;
}

function copies(entries: number, valueBytes: number): number {
  const slabBytes = Math.max(64 * 1024, valueBytes);
  const source = new Uint8Array(entries * valueBytes).fill(7);
  const order = shuffled(entries, randomFrom(6));
  let bytesSeen = 0;
  const pass = (): void => {
    let slab = new Uint8Array(slabBytes);
    let used = 0;
    for (let i = 0; i < entries; i += 1) {
      if (used + valueBytes > slabBytes) {
        slab = new Uint8Array(slabBytes);
        used = 0;
      }
      const from = (order[i] as number) * valueBytes;
      slab.set(source.subarray(from, from + valueBytes), used);
      bytesSeen += slab.subarray(used, used + valueBytes).length;
      used += valueBytes;
    }
  };
  pass();
  const result = rate(entries, pass);
  if (bytesSeen !== 2 * entries * valueBytes) throw new Error('bytes were not copied');
  return result;
}

function mapGets(entries: number): number {
  const { keys } = new Dataset(entries, 64, keyForms.string).puts(0, 7);
  const map = new Map(keys.map((key, i) => [key, i]));
  const { keys: asked } = new Dataset(entries, 64, keyForms.string).puts(0, 8);
  let found = 0;
  const pass = (): void => {
    for (let i = 0; i < asked.length; i += 1) if (map.get(asked[i] as string) !== undefined) found += 1;
  };
  pass();
  const result = rate(entries, pass);
  if (found !== 2 * entries) throw new Error('keys were not found');
  return result;
}
