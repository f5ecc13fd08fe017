import { errnoOf } from '../base/store-error.ts';
import { errnoError } from '../storage/errno-error.ts';
import type { DiskChange, DiskJournal } from './disk-change.ts';
import type { DiskImage } from './disk-image.ts';
import type { DiskCall, DiskOperation, DiskVerb } from './disk-operation.ts';
import type { Fault, FaultRule } from './fault-rule.ts';

/** The file a call works on; for verbs of the directory the name is empty. */
export interface CallPlace {
  readonly directory: string;
  readonly name: string;
}

type Noted = { -readonly [Field in keyof DiskOperation]: DiskOperation[Field] };

/** Numbers the calls of a storage, lets a rule strike them, and keeps a record of both calls and changes. */
export class FaultRecorder {
  readonly operations: DiskOperation[] = [];
  readonly journal: DiskJournal & { readonly changes: DiskChange[] };
  readonly #rule: () => FaultRule | undefined;

  constructor(start: DiskImage, rule: () => FaultRule | undefined) {
    this.journal = { start, changes: [] };
    this.#rule = rule;
  }

  get changes(): number {
    return this.journal.changes.length;
  }

  change(change: DiskChange): void {
    this.journal.changes.push(change);
  }

  /** Notes a call; it counts as done until it is concluded otherwise. */
  note(verb: DiskVerb, place: CallPlace, position = 0, length = 0): Noted {
    const { directory, name } = place;
    const number = this.operations.length;
    const call: Noted = { number, verb, directory, name, position, length, outcome: 'done', changes: this.changes };
    this.operations.push(call);
    return call;
  }

  /** The fault that a call meets. */
  faultOf(call: DiskCall): Fault | undefined {
    return this.#rule()?.(call);
  }

  /**
   * Does a call that moves no bytes, unless a fault keeps it from happening. What a call that fails after it took effect
   * would have given to its caller goes to `discard`.
   */
  perform<Result>(
    verb: DiskVerb,
    place: CallPlace,
    position: number,
    task: () => Result,
    discard: (result: Result) => void = () => {},
  ): Result {
    const call = this.note(verb, place, position);
    const fault = this.faultOf(call);
    if (fault === undefined || 'short' in fault) return this.#done(call, task);
    if ('done' in fault && fault.done === 'all') discard(task());
    throw this.failure(call, fault.fail);
  }

  /** Does a call that moves bytes; `task` moves at most as many as it is given and returns how many. */
  transfer(
    verb: DiskVerb,
    place: CallPlace,
    position: number,
    length: number,
    task: (length: number) => number,
  ): number {
    const call = this.note(verb, place, position, length);
    const fault = this.faultOf(call);
    if (fault === undefined) return this.#done(call, () => task(length));
    if ('short' in fault) {
      const moved = this.#done(call, () => task(Math.min(length, fault.short)));
      if (moved < length) call.outcome = 'short';
      return moved;
    }
    const done = 'done' in fault ? fault.done : undefined;
    if (done !== undefined) task(done === 'all' ? length : Math.min(length, done));
    throw this.failure(call, fault.fail);
  }

  /** The error of a call that fails, noted. */
  failure(call: Noted, errno: string): Error {
    call.outcome = errno;
    call.changes = this.changes;
    const path = call.name === '' ? call.directory : `${call.directory}/${call.name}`;
    return errnoError(errno, 'injected', call.verb, path);
  }

  #done<Result>(call: Noted, task: () => Result): Result {
    try {
      return task();
    } catch (error) {
      call.outcome = errnoOf(error) ?? 'failed';
      throw error;
    } finally {
      call.changes = this.changes;
    }
  }
}
