import { compactionTimeline } from './compaction-timeline.ts';
import { indexLayout } from './index-layout.ts';
import { logOffsets } from './log-offsets.ts';
import { recordBytesDrawing } from './record-bytes.ts';
import { recoveryDecision } from './recovery-decision.ts';
import { sharedFold } from './shared-fold.ts';
import { storeStates } from './store-states.ts';

type Draw = () => string | Promise<string>;

/** Every drawing by the name of its file. Where possible it shows what a real store does. */
export const drawings: ReadonlyMap<string, Draw> = new Map<string, Draw>([
  ['log-offsets', logOffsets],
  ['record-bytes', recordBytesDrawing],
  ['index-layout', indexLayout],
  ['compaction-timeline', compactionTimeline],
  ['store-states', storeStates],
  ['recovery-decision', recoveryDecision],
  ['shared-fold', sharedFold],
]);
