import type { SyncLoss } from './disk-change.ts';
import type { DiskCall, DiskVerb } from './disk-operation.ts';

/** What a fault does to a call. */
export type Fault =
  /** It throws; `done` bytes of a write, or all of any other verb, happened nevertheless. */
  | { readonly fail: string; readonly done?: number | 'all' }
  /** A read or write transfers at most so many bytes. */
  | { readonly short: number }
  /** A sync throws and its data is lost, whatever later syncs say. */
  | { readonly fail: string; readonly loss: SyncLoss };

/** Asked before each call: the fault it meets, `undefined` where it meets none. */
export type FaultRule = (call: DiskCall) => Fault | undefined;

/** Which calls a fault meets. */
export interface FaultPlace {
  /** The verb, or any of several; default: every verb. */
  readonly verb?: DiskVerb | readonly DiskVerb[];
  /** The file's name, or a pattern of it; default: every file, and the directory itself. */
  readonly name?: string | RegExp;
  /** Counted from 0 among the calls of this verb and name; default 0. */
  readonly nth?: number;
  /** How many calls in a row meet it, from the `nth` on; default 1, `Infinity` for ever. */
  readonly times?: number;
}

/** The rule that gives `fault` to the calls at `place`; it counts, so each storage needs its own. */
export function faultAt(place: FaultPlace, fault: Fault): FaultRule {
  const { verb, name, nth = 0, times = 1 } = place;
  const verbs = verb === undefined ? undefined : [verb].flat();
  let met = 0;
  return (call) => {
    if (verbs !== undefined && !verbs.includes(call.verb)) return undefined;
    if (typeof name === 'string' && call.name !== name) return undefined;
    if (name instanceof RegExp && !name.test(call.name)) return undefined;
    met += 1;
    return met > nth && met <= nth + times ? fault : undefined;
  };
}

/** The first fault that any of `rules` gives; each of them sees every call. */
export function firstFault(...rules: readonly FaultRule[]): FaultRule {
  return (call) => {
    const faults = rules.map((rule) => rule(call));
    return faults.find((fault) => fault !== undefined);
  };
}
