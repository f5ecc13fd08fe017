/** The name of this project's own store among the peers. */
export const ourName: string = 'projection-cache';

/** A measure, and which direction is better. */
export interface Measure {
  readonly name: string;
  readonly unit: 'per second' | 'x bare' | 'ms' | 'bytes an entry';
  /** What was done, for people. */
  readonly what: string;
}

/** In the order of the tables. */
export const measures: readonly Measure[] = [
  { name: 'load', unit: 'per second', what: 'puts of new keys in random order, durable at the end' },
  {
    name: 'overwrite',
    unit: 'per second',
    what: 'puts of other bytes under each key in random order, durable at the end',
  },
  { name: 'durable put', unit: 'per second', what: 'puts that are durable one after the other' },
  {
    name: 'durable put, of bare',
    unit: 'x bare',
    what: 'the same as a share of bare appends and fdatasyncs done in turns with them',
  },
  { name: 'get, hit', unit: 'per second', what: 'random stored keys, the value copied out and the meta decoded' },
  { name: 'get, miss', unit: 'per second', what: 'random absent keys that look the same' },
  { name: 'scan', unit: 'per second', what: 'all entries in key order, values copied out and metas decoded' },
  {
    name: 'deletePrefix',
    unit: 'per second',
    what: 'entries removed, in random runs of 100, counted, durable at the end',
  },
  { name: 'mixed', unit: 'per second', what: '95 % gets and 5 % puts by Zipf 0.99, durable at the end' },
  { name: 'open', unit: 'ms', what: 'opening after a clean close in a fresh process until the first get' },
  { name: 'first put', unit: 'ms', what: 'the first put after that, until it is durable' },
  {
    name: 'open, killed',
    unit: 'ms',
    what: 'opening after a SIGKILL in the middle of overwriting until the first get',
  },
  { name: 'longest put', unit: 'ms', what: 'the longest of all puts of a load, put by put' },
  { name: 'put, p99.9', unit: 'ms', what: 'of the puts of a load, put by put' },
  { name: 'private memory', unit: 'bytes an entry', what: 'resident memory after the load that no file backs' },
  { name: 'disk', unit: 'bytes an entry', what: 'after the load, closed' },
  {
    name: 'disk, compacted',
    unit: 'bytes an entry',
    what: 'after the overwrite and a compaction where there is one, closed',
  },
];

/** The figures of one round of one peer, by the name of the measure. */
export type Figures = Readonly<Record<string, number>>;

/** How good `figure` is compared with `ours`: 2 is twice as good. */
export function timesOurs(measure: Measure, figure: number, ours: number): number {
  return measure.unit === 'per second' || measure.unit === 'x bare' ? figure / ours : ours / figure;
}
