import type { Command } from 'fast-check';
import type { HistoryModel } from './history-model.ts';
import type { ProjectorUnderTest } from './projector-under-test.ts';
import type { UnseenRestores } from './unseen-restores.ts';

/** The system under test of a history. */
export interface HistoryUnderTest {
  readonly system: ProjectorUnderTest;
  readonly unseen: UnseenRestores;
}

export type HistoryCommand = Command<HistoryModel, HistoryUnderTest>;

export const streams: readonly string[] = ['a', 'a:1', '\ufeffa'];
