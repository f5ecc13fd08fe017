/** A run of keys in byte order: `lower` is in it, `upper` is not; without `upper` it reaches to the last key. */
export interface KeyInterval {
  readonly lower: Uint8Array;
  readonly upper: Uint8Array | undefined;
}

export const ALL_KEYS: KeyInterval = { lower: new Uint8Array(0), upper: undefined };

/** What an operation on an interval removed. */
export interface RemovedRun {
  readonly count: number;
  readonly units: number;
}
