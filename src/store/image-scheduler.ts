import { attempt } from '../base/attempt.ts';
import { type ImageOnDisk, IndexImageWriter, RUN_PIECES } from '../image/index-image-writer.ts';
import { PIECE_WORDS } from '../key-index/index-image-sections.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { LogFile } from '../log/log-file.ts';
import { imageNames } from './generation-files.ts';
import type { Generations } from './generations.ts';
import type { StoreContext } from './store-context.ts';
import type { Syncer } from './syncer.ts';

/** For each byte written to the log, this many bytes of an image are written. */
const IMAGE_PACE = 8;
/** A write that pays writes so many pieces, 64 KiB: it takes some tens of microseconds. */
const PAID_PIECES = 4;
const PAID_BYTES: number = PAID_PIECES * PIECE_WORDS * Int32Array.BYTES_PER_ELEMENT;
/**
 * Without the option, an image is written when the log has grown by the size of the index, or by this much if images take few
 * bytes a second: a store that grows slowly replays little after a kill, and a load is not slowed down.
 */
const EVERY_BYTES_MIN: number = 8 * 1024 * 1024;
const IMAGE_BYTES_A_MS = 4096;
/** An image is also written when the store was idle for so long and the log has grown by this much. */
const IDLE_MS = 1000;
const IDLE_BYTES_MIN: number = 1024 * 1024;

/** Closing spares the image of an index that was not read as a whole, if the log has grown by less: some milliseconds of replay. */
const SPARED_BYTES: number = 256 * 1024;

/** How often the log is looked at before an image is due. */
const CHECKS = 8;

/**
 * Decides when an image of the index is written: when the store is closed or compacted, and in steps after so many bytes of
 * log, which later writes pay for, or when the store is idle. Every failure is reported and ends the image, not the caller.
 */
export class ImageScheduler {
  readonly #context: StoreContext;
  readonly #generations: Generations;
  readonly #index: KeyIndex;
  readonly #syncer: Syncer;
  readonly #images: IndexImageWriter;
  readonly #everyBytes: number | undefined;
  /** The log that was looked at last, and the end at which it is looked at again. */
  log: LogFile | undefined = undefined;
  checkAt = 0;
  #checkedEnd = 0;
  #owedBytes = 0;
  /** After a failure none is begun before the log has grown to this. */
  #retryAtBytes = 0;
  /** Whether an image is due, for which new keys are linked first. */
  #isPreparing = false;
  #isWritten = false;
  /** Cancels the look at the store that is due. */
  #cancelWatch: (() => void) | undefined;
  /** The end of the last data record when the timer was set: the mark of a sync is no use of the store. */
  #seenEnd = 0;
  /** About how long the log has grown since the last image was begun. */
  #growingMs = 0;

  constructor(
    context: StoreContext,
    index: KeyIndex,
    parts: { readonly generations: Generations; readonly syncer: Syncer; readonly onDisk: ImageOnDisk },
  ) {
    this.#context = context;
    this.#index = index;
    this.#generations = parts.generations;
    this.#syncer = parts.syncer;
    this.#images = new IndexImageWriter(context, index, imageNames, parts.onDisk);
    this.#everyBytes = context.settings.imageEveryBytes;
  }

  /** The image on disk is gone, or of no use. */
  forget(): void {
    this.#images.forget();
  }

  /** Writes an image at once, if all of the log is durable and there is something to gain. */
  write(): void {
    if (!this.#context.status.isWritable) return;
    this.#attempt(() => {
      const { active, isBuilding } = this.#generations;
      const isSpared = this.#index.pending !== undefined && this.#images.uncovered(active) < SPARED_BYTES;
      if (isSpared) return this.#images.removeOther(active);
      this.#images.abandon();
      // While a compaction is under way, the index holds locations in a log that is not whole.
      if (!isBuilding) this.#images.write(active);
    });
  }

  /**
   * Does the share of the work that later writes pay for. Call it after a write if the log has reached `checkAt`, or is not
   * `log`: other writes need not enter this module.
   */
  advance(): void {
    const { active } = this.#generations;
    const grownBytes = active === this.log ? active.end - this.#checkedEnd : 0;
    this.log = active;
    this.#checkedEnd = active.end;
    this.checkAt = Number.POSITIVE_INFINITY;
    if (this.#everyBytes === 0) return;
    this.#watch();
    this.#isPreparing = false;
    if (this.#images.isWriting) this.#pay(grownBytes * IMAGE_PACE);
    // An index that is read from its image in the background is complete soon: the first puts do not wait for it.
    else if (this.#index.pending === undefined && this.#isDue(this.#everyBytes ?? this.#defaultBytes)) this.#begin();
    const every = Math.min(IDLE_BYTES_MIN, (this.#everyBytes ?? EVERY_BYTES_MIN) / CHECKS);
    this.checkAt = this.#images.isWriting || this.#isPreparing ? 0 : active.end + every;
  }

  /** Ends what runs in the background. */
  stop(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    if (this.#images.isWriting) this.#attempt(() => this.#images.abandon());
  }

  get #defaultBytes(): number {
    const { bytes } = this.#index;
    return this.#growingMs * IMAGE_BYTES_A_MS < bytes ? Math.max(EVERY_BYTES_MIN, bytes) : EVERY_BYTES_MIN;
  }

  #pay(bytes: number): void {
    this.#owedBytes += bytes;
    while (this.#owedBytes >= PAID_BYTES && this.#images.isWriting) {
      this.#owedBytes -= PAID_BYTES;
      this.#step(PAID_PIECES);
    }
  }

  #isDue(bytes: number): boolean {
    const { active, isBuilding } = this.#generations;
    return !isBuilding && active.end >= this.#retryAtBytes && this.#images.uncovered(active) >= bytes;
  }

  #begin(): void {
    this.#isWritten = false;
    this.#owedBytes = 0;
    this.#growingMs = 0;
    this.#attempt(() => {
      this.#isPreparing = !this.#index.prepare();
      if (!this.#isPreparing) this.#images.begin(this.#generations.active);
    });
  }

  #step(pieces: number): void {
    this.#attempt(() => {
      if (!this.#images.isOf(this.#generations.active)) return this.#images.abandon();
      if (!this.#isWritten && this.#images.step(pieces) > 0) return;
      this.#isWritten = true;
      if (this.#images.isDurable) this.#images.finish();
      else this.#syncer.syncInBackground();
    });
  }

  /** Looks once in a while whether the store is idle. The timer does not keep the process alive. */
  #watch(delayMs: number = IDLE_MS): void {
    if (this.#cancelWatch !== undefined) return;
    this.#seenEnd = this.#generations.active.lastDataRecord.end;
    this.#cancelWatch = this.#context.later(delayMs, () => {
      this.#cancelWatch = undefined;
      if (this.#context.status.isWritable) this.#idle();
    });
  }

  #idle(): void {
    const { active } = this.#generations;
    const isIdle = active.lastDataRecord.end === this.#seenEnd;
    if (!isIdle) this.#growingMs += IDLE_MS;
    this.#isPreparing = false;
    if (isIdle && this.#images.isWriting) this.#step(RUN_PIECES);
    else if (isIdle && this.#isDue(IDLE_BYTES_MIN)) this.#begin();
    const isBusy = isIdle && (this.#isPreparing || (this.#images.isWriting && !this.#isWritten));
    if (!isIdle || isBusy || this.#images.isWriting) this.#watch(isBusy ? 0 : IDLE_MS);
  }

  #attempt(task: () => void): void {
    attempt(task, (error) => {
      this.#retryAtBytes = this.#generations.active.end + (this.#everyBytes ?? EVERY_BYTES_MIN);
      attempt(
        () => this.#images.abandon(),
        () => {},
      );
      this.#context.onHousekeepingFailure(error);
    });
  }
}
