/** The verbs of the storage seam, as a fault-injecting storage names them. */
export type DiskVerb =
  | 'open-directory'
  | 'list'
  | 'open'
  | 'create'
  | 'remove'
  | 'sync-directory'
  | 'lock'
  | 'check-lock'
  | 'unlock'
  | 'read'
  | 'write'
  | 'truncate'
  | 'size'
  | 'sync'
  | 'close';

/** One call of the storage seam, before it is done. */
export interface DiskCall {
  /** Its place among all calls, from 0. */
  readonly number: number;
  /** What is called. */
  readonly verb: DiskVerb;
  /** The directory, as the caller named it. */
  readonly directory: string;
  /** The file; empty for verbs of the directory. */
  readonly name: string;
  /** In bytes: where a transfer begins, or what a file is cut to; 0 where the verb has none. */
  readonly position: number;
  /** Bytes that a transfer asks for; 0 where the verb has none. */
  readonly length: number;
}

/** A call and what came of it. */
export interface DiskOperation extends DiskCall {
  /** `done`, `short` for a transfer that was cut short, or the errno name it threw. */
  readonly outcome: string;
  /** How many changes the journal had when it returned. */
  readonly changes: number;
}
