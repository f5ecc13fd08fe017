import type { Figures } from './measures.ts';

/** What one process does: one task with one peer, in the order of `taskNames` over a round. */
export type TaskName = (typeof taskNames)[number];

export const taskNames = [
  'memory',
  'load',
  'open',
  'get',
  'scan',
  'mixed',
  'durable',
  'overwrite',
  'compact',
  'kill',
  'reopen',
  'delete',
  'single',
] as const;

export interface Job {
  readonly peer: string;
  readonly task: TaskName;
  /** The store of the round; each task finds what the earlier ones left. */
  readonly directory: string;
  readonly entries: number;
  readonly valueBytes: number;
  readonly durablePuts: number;
  readonly deletedRuns: number;
}

/** The output of the process. */
export interface JobResult {
  readonly figures: Figures;
}
