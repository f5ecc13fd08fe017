import type { SyncLoss } from './disk-change.ts';
import type { DiskCall, DiskVerb } from './disk-operation.ts';

/** The effect of a fault on a call. */
export type Fault =
  /** The call throws. It may have taken effect nevertheless. */
  | {
      /** The errno name of the error, such as `'EIO'`. */
      readonly fail: string;
      /** How much took effect: so many bytes of a transfer, or `'all'` of any operation. Default: nothing. */
      readonly done?: number | 'all';
    }
  /** A transfer is short. */
  | {
      /** The read or write transfers at most this many bytes. */
      readonly short: number;
    }
  /** A sync throws and its data is lost, although later syncs succeed. */
  | {
      /** The errno name of the error, such as `'EIO'`. */
      readonly fail: string;
      /** What happens to the data. */
      readonly loss: SyncLoss;
    };

/** A function that is called before each call. It returns the fault to inject, or `undefined` for none. */
export type FaultRule = (call: DiskCall) => Fault | undefined;

/** Selects the calls that get a fault. */
export interface FaultPlace {
  /** One operation, or several; default: every operation. */
  readonly verb?: DiskVerb | readonly DiskVerb[];
  /** The name of the file, or a pattern for it; default: every file, and the directory itself. */
  readonly name?: string | RegExp;
  /** The index of the first call to fail, among the calls of this operation and name, from 0; default 0. */
  readonly nth?: number;
  /** How many calls in a row fail, from the `nth` on: at least 1, or `Infinity`; default 1. */
  readonly times?: number;
}

/**
 * A rule that injects `fault` into the calls selected by `place`. It counts calls, so each storage needs its own rule.
 */
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

/** A rule that injects the first fault that any of `rules` returns. Every rule sees every call. */
export function firstFault(...rules: readonly FaultRule[]): FaultRule {
  return (call) => {
    const faults = rules.map((rule) => rule(call));
    return faults.find((fault) => fault !== undefined);
  };
}
