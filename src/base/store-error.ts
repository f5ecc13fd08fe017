/** Stable, documented in docs/errors.md; programs branch on the code, never on the message. */
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
 * What the store throws for everything but mistakes in arguments, which are `TypeError` or `RangeError`.
 * `code` is stable, `message` is for people and may change, `cause` keeps what the platform said.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

/** The errno name (`'ENOSPC'`) that a failed storage operation carries, `undefined` where it carries none. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
