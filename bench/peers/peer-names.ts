/** The stores that are compared; ours comes first. */
const names = [
  'projection-cache',
  'lmdb',
  'better-sqlite3',
  'node:sqlite',
  'classic-level',
  'memory-level',
  '@seald-io/nedb',
  'cacache',
] as const;

/** The name of a store that is compared. */
export type PeerName = (typeof names)[number];

export const peerNames: readonly PeerName[] = names;
