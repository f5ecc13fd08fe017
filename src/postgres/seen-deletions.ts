import { kindOf } from '../base/argument.ts';

/** The server numbers deletions with integers of 64 bits. */
export const EPOCH_MAX: bigint = 2n ** 63n - 1n;

/** A deletion of this cache; its epoch is known when it has ended. */
export interface OwnDeletion {
  epoch: bigint | undefined;
}

/** What a put is based on. */
export interface SeenAtCall {
  readonly epoch: bigint | undefined;
  readonly own: readonly OwnDeletion[];
  /** Whether the caller of the put has stated the epoch. */
  readonly isGiven: boolean;
}

/** Which deletions this cache has seen: those up to an epoch, and its own ones after it. */
export class SeenDeletions {
  #epoch: bigint | undefined;
  #own: OwnDeletion[] = [];

  /** The newest epoch of all answers; `undefined` before the first answer. */
  get epoch(): bigint | undefined {
    return this.#epoch;
  }

  /** How many deletions of its own are above that epoch. */
  get ownCount(): number {
    return this.#own.length;
  }

  /** What a put that is called now is based on. */
  atCall(): SeenAtCall {
    return { epoch: this.#epoch, own: this.#own.length === 0 ? [] : [...this.#own], isGiven: false };
  }

  /** An answer of the server has this epoch. */
  advance(epoch: bigint): void {
    if (this.#epoch !== undefined && epoch <= this.#epoch) return;
    this.#epoch = epoch;
    if (this.#own.length > 0) this.#own = this.#own.filter((own) => own.epoch === undefined || own.epoch > epoch);
  }

  begin(): OwnDeletion {
    const own: OwnDeletion = { epoch: undefined };
    this.#own.push(own);
    return own;
  }

  /** `epoch`: `undefined` if the deletion failed. Then it may have taken effect, and refuses the puts before it. */
  end(own: OwnDeletion, epoch: bigint | undefined): void {
    own.epoch = epoch;
    if (epoch === undefined) this.#own = this.#own.filter((other) => other !== own);
    // With the next number, no deletion of another cache lies between.
    else if (this.#epoch !== undefined && epoch === this.#epoch + 1n) this.advance(epoch);
  }
}

/** Throws `TypeError` or `RangeError` for an invalid epoch. */
export function assertEpoch(epoch: bigint, name: string): void {
  if (typeof epoch !== 'bigint') {
    throw new TypeError(`${name} must be a bigint: the epoch of a reading; got ${kindOf(epoch)}`);
  }
  if (epoch < 0n || epoch > EPOCH_MAX) throw new RangeError(`${name} must be from 0 to ${EPOCH_MAX}, not ${epoch}`);
}
