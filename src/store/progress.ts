/** How far an operation on the whole log has come, in bytes of the log. */
export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What an operation in small steps may be given. */
export interface StepOptions {
  /** Ends the operation before its next step; what it had done is undone. */
  readonly signal?: AbortSignal;
  /** Told after each step; what it throws ends the operation. */
  readonly onProgress?: (progress: Progress) => void;
}
