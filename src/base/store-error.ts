import { failureForm } from './json-form.ts';

/** Error codes. They are stable and documented in docs/errors.md: check the code, not the message. */
export type StoreErrorCode =
  | 'CACHE_FAILED'
  | 'IO'
  | 'LOCKED'
  | 'CLOSED'
  | 'POISONED'
  | 'CORRUPT'
  | 'READ_ONLY'
  | 'INCOMPATIBLE'
  | 'TOO_LARGE'
  | 'SOURCE_INVALID'
  | 'REPLAY_BUDGET'
  | 'STATE_CODEC';

/**
 * The error of every failure but an invalid argument, which is a `TypeError` or `RangeError`. `code` is stable; `message` is
 * for people and may change; `cause` is the error of the platform, if there is one.
 */
export class StoreError extends Error {
  /** Which failure it is: see docs/errors.md for the cause and the remedy of each code. */
  readonly code: StoreErrorCode;

  /** `options.cause` is the error of the platform, if there is one. */
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }

  /** The form for `JSON.stringify`: `name`, `message`, `code` and `cause`. Without it an error is written as `{"code":...}`. */
  toJSON(): unknown {
    return failureForm(this);
  }
}

/** The errno name of a failed storage operation, such as `'ENOSPC'`; `undefined` if the error has none. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
