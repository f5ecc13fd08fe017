/** Where a record lies; offsets in bytes, `end` exclusive. */
export interface RecordSpan {
  readonly offset: number;
  readonly end: number;
}
