import type { HistoryModel } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';
import type { ProjectorUnderTest } from './projector-under-test.ts';

/**
 * The documented limit of event logs without an identity and checkpoints: an entry folded from events that a restore removed is
 * detected while the head is below its watermark, and cannot be once the log has grown up to it again.
 */
export class UnseenRestores {
  readonly #model: HistoryModel;
  readonly #system: ProjectorUnderTest;
  /** Watermarks above the head after a restore, by projection and stream. */
  readonly #ahead = new Map<
    string,
    { readonly projection: AnyProjection; readonly stream: string; watermark: bigint }
  >();
  readonly #unseen = new Set<string>();

  constructor(model: HistoryModel, system: ProjectorUnderTest) {
    this.#model = model;
    this.#system = system;
  }

  /** Call it after a restore. */
  restored(streams: readonly string[]): void {
    if (this.#model.identity !== undefined || this.#model.hasCheckpoints) return;
    for (const stream of streams) {
      for (const projection of this.#model.projections) {
        const watermark = this.#system.watermark(projection, stream);
        const head = this.#model.head(stream, projection) ?? -1n;
        if (watermark === undefined || watermark <= head) continue;
        this.#ahead.set(idOf(projection, stream), { projection, stream, watermark });
      }
    }
  }

  /** Call it after an append. */
  appended(): void {
    for (const [id, { projection, stream, watermark }] of this.#ahead) {
      const isReplaced = this.#system.watermark(projection, stream) !== watermark;
      if (isReplaced) this.#ahead.delete(id);
      else if ((this.#model.head(stream, projection) ?? -1n) >= watermark) this.#unseen.add(id);
    }
  }

  /**
   * Whether the cached state may contain events that are gone, which the projector cannot know. Call it before a
   * projection.
   */
  isUnseen(projection: AnyProjection, stream: string): boolean {
    const id = idOf(projection, stream);
    if (this.#system.watermark(projection, stream) === undefined) this.#unseen.delete(id);
    return this.#unseen.has(id);
  }
}

function idOf({ name, version }: AnyProjection, stream: string): string {
  return `${name} ${version} ${stream}`;
}
