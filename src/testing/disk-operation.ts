/** The operations of the storage seam, as `FaultStorage` names them. */
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

/** One call of the storage seam, before it is executed. */
export interface DiskCall {
  /** Its index among all calls, from 0. */
  readonly number: number;
  /** The operation. */
  readonly verb: DiskVerb;
  /** The path of the directory, as the caller passed it. */
  readonly directory: string;
  /** The name of the file; empty for operations on the directory. */
  readonly name: string;
  /** In bytes: where a transfer starts, or the new size of a truncation; 0 for other operations. */
  readonly position: number;
  /** How many bytes a transfer asks for; 0 for other operations. */
  readonly length: number;
}

/** A call and its outcome. */
export interface DiskOperation extends DiskCall {
  /** `done`; `short` for a short transfer; or the errno name that the call threw. */
  readonly outcome: string;
  /** The length of the journal, in changes, when the call returned. */
  readonly changes: number;
}
