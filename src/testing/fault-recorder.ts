import { errnoOf } from '../base/store-error.ts';
import { errnoError } from '../storage/errno-error.ts';
import type { DiskChange, DiskJournal } from './disk-change.ts';
import type { DiskImage } from './disk-image.ts';
import type { DiskCall, DiskOperation, DiskVerb } from './disk-operation.ts';
import type { Fault, FaultRule } from './fault-rule.ts';

/** The file of a call; the name is empty for operations on the directory. */
export interface CallPlace {
  readonly directory: string;
  readonly name: string;
}

type Noted = { -readonly [Field in keyof DiskOperation]: DiskOperation[Field] };

/** Numbers the calls of a storage, injects the faults of a rule, and records both calls and changes. */
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

  /** Records a call; its outcome is `done` unless it is changed later. */
  note(verb: DiskVerb, place: CallPlace, position = 0, length = 0): Noted {
    const { directory, name } = place;
    const number = this.operations.length;
    const call: Noted = { number, verb, directory, name, position, length, outcome: 'done', changes: this.changes };
    this.operations.push(call);
    return call;
  }

  /** The fault to inject into a call. */
  faultOf(call: DiskCall): Fault | undefined {
    return this.#rule()?.(call);
  }

  /**
   * Runs a call that transfers no bytes, unless a fault prevents it. If the call takes effect and then fails, its
   * result goes to `discard` instead of the caller.
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

  /** Runs a call that transfers bytes; `task` transfers at most the given number and returns how many it did. */
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

  /** Records that a call failed, and returns its error. */
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
