import type { Command } from 'fast-check';
import type { HistoryModel } from './history-model.ts';
import type { ProjectionWorld } from './projection-world.ts';
import type { UnseenRestores } from './unseen-restores.ts';

/** What a history happens to. */
export interface HistoryUnderTest {
  readonly world: ProjectionWorld;
  readonly unseen: UnseenRestores;
}

export type HistoryCommand = Command<HistoryModel, HistoryUnderTest>;

export const streams: readonly string[] = ['a', 'a:1', '\ufeffa'];
