import { attempt } from '../../base/attempt.ts';
import { StoreError } from '../../base/store-error.ts';
import type { IndexContents } from '../../key-index/index-pieces.ts';
import { RecordReader } from '../../log/record-reader.ts';
import { imageNames } from '../generation-files.ts';
import type { StoreContext } from '../store-context.ts';
import type { ReadableLog } from './generation-choice.ts';
import { LogReplay } from './log-replay.ts';
import { quarantine } from './quarantine.ts';
import { type DamagedRun, NOTHING_FOUND } from './recovery-report.ts';

/** What a replay has found. */
export interface ReplayFindings {
  readonly records: number;
  readonly damaged: readonly DamagedRun[];
  readonly entriesLost: number;
  readonly forgotten: boolean;
}

const NO_FINDINGS: ReplayFindings = { records: 0, damaged: [], entriesLost: 0, forgotten: false };

/**
 * Builds the index from the log when the image proves damaged after it was loaded. A pending index is never changed, so its
 * contents are the records below the end that the log had then. All of them were durable: what is invalid among them now is
 * damage.
 */
export class LateReplay {
  readonly #context: StoreContext;
  readonly #found: ReadableLog;
  /** The index holds the records below this offset. */
  end = 0;
  /** Called after each replay of a store that is open. */
  onReplayed: ((findings: ReplayFindings) => void) | undefined;
  /** What replays during the opening have found. */
  findings: ReplayFindings = NO_FINDINGS;
  /** Whether the image was abandoned. */
  wasNeeded = false;

  constructor(context: StoreContext, found: ReadableLog) {
    this.#context = context;
    this.#found = found;
  }

  /** Replays the log into an empty index, because of `cause`. Throws `IO` if the log cannot be read. */
  run(index: IndexContents, cause: unknown): void {
    const { name, file, header } = this.#found;
    const reader = new RecordReader({ file, name, salt: header.salt }, this.end);
    const replay = new LogReplay(reader, index, header.generation, this.end);
    replay.run();
    this.wasNeeded = true;
    this.#removeImage();
    if (this.onReplayed === undefined) this.findings = replay;
    else this.#finish(replay, this.onReplayed);
    // Last, as the handler may use the store.
    const message = 'the index image is damaged or was removed: the index was built from the log';
    this.#context.onHousekeepingFailure(new StoreError('CORRUPT', message, { cause }));
  }

  #finish(findings: ReplayFindings, onReplayed: (findings: ReplayFindings) => void): void {
    onReplayed(findings);
    const { records, damaged, entriesLost, forgotten } = findings;
    if (damaged.length === 0) return;
    const { name, file, header } = this.#found;
    const { settings, emit } = this.#context;
    if (!settings.readOnly) quarantine(this.#context, name, file, damaged);
    const found = { generation: header.generation, records, damaged, entriesLost, forgotten, clean: false };
    emit({ type: 'recovered', report: { ...NOTHING_FOUND, ...found } });
  }

  /** The damaged image would cost the same replay after the next opening; the other one may be older. */
  #removeImage(): void {
    const { settings, directory, assertLockHeld, onHousekeepingFailure } = this.#context;
    if (settings.readOnly) return;
    attempt(() => {
      assertLockHeld();
      for (const name of imageNames(this.#found.header.generation)) directory.remove(name);
    }, onHousekeepingFailure);
  }
}
