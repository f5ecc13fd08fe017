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

/** What a `StoreError` is about. */
export interface StoreErrorOptions extends ErrorOptions {
  /** See `StoreError.stream`; default: absent. */
  readonly stream?: string;
  /** See `StoreError.projection`; default: absent. */
  readonly projection?: string;
  /** See `StoreError.eventsRead`; default: absent. */
  readonly eventsRead?: number;
}

/**
 * The error of every failure but an invalid argument, which is a `TypeError` or `RangeError`. `code` is stable; `message` is
 * for people and may change; `cause` is the error of the platform, if there is one.
 */
export class StoreError extends Error {
  /** Which failure it is: see docs/errors.md for the cause and the remedy of each code. */
  readonly code: StoreErrorCode;

  /** The stream that was projected or invalidated; absent unless a projector threw the error. */
  declare readonly stream?: string;
  /** The name of the projection; absent unless a projector threw the error. */
  declare readonly projection?: string;
  /** How many events of the stream the fold had read; absent unless a projector threw the error. */
  declare readonly eventsRead?: number;

  /** `options.cause` is the error of the platform, if there is one. */
  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    const { stream, projection, eventsRead, ...errorOptions } = options;
    super(message, errorOptions);
    this.name = 'StoreError';
    this.code = code;
    if (stream !== undefined) this.stream = stream;
    if (projection !== undefined) this.projection = projection;
    if (eventsRead !== undefined) this.eventsRead = eventsRead;
  }

  /** The form for `JSON.stringify`: all fields and `name`, `message`, `cause`. Without it an error is written as `{"code":...}`. */
  toJSON(): unknown {
    return failureForm(this);
  }
}

/** The errno name of a failed storage operation, such as `'ENOSPC'`; `undefined` if the error has none. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
