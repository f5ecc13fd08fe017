/** One store under comparison. What it does not offer is absent. Keys are text, values bytes. */
export interface Peer {
  /** Opens the store, and creates it if it is not there. */
  open(): Promise<void>;
  /** Stores entries as fast as it can, durable or as durable as it gets when this resolves. */
  load(entries: readonly Entry[]): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  /** A put that is durable when it resolves. */
  putDurable?(key: string, value: Uint8Array): Promise<void>;
  /** Reads every entry in the order of the keys; returns how many. */
  scan?(): Promise<number>;
  deletePrefix(prefix: string): Promise<void>;
  close(): Promise<void>;
  /** Removes the store and everything in it. */
  remove(): Promise<void>;
}

export type Entry = readonly [key: string, value: Uint8Array];

/** Ends the range of the keys with a prefix: above every character of a key. */
export const ABOVE = '\uffff';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
