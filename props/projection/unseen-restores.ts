import type { HistoryModel } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';
import type { ProjectionWorld } from './projection-world.ts';

/**
 * The documented limit of event logs without an identity: an entry that was folded from events that a restore took away is
 * found out while the head is below its watermark, and cannot be once the log has grown up to it again.
 */
export class UnseenRestores {
  readonly #model: HistoryModel;
  readonly #world: ProjectionWorld;
  /** Watermarks above the head after a restore, by projection and stream. */
  readonly #ahead = new Map<
    string,
    { readonly projection: AnyProjection; readonly stream: string; watermark: bigint }
  >();
  readonly #unseen = new Set<string>();

  constructor(model: HistoryModel, world: ProjectionWorld) {
    this.#model = model;
    this.#world = world;
  }

  /** To call after a restore. */
  restored(streams: readonly string[]): void {
    if (this.#model.identity !== undefined) return;
    for (const stream of streams) {
      for (const projection of this.#model.projections) {
        const watermark = this.#world.watermark(projection, stream);
        const head = this.#model.head(stream, projection) ?? -1n;
        if (watermark === undefined || watermark <= head) continue;
        this.#ahead.set(idOf(projection, stream), { projection, stream, watermark });
      }
    }
  }

  /** To call after an append. */
  appended(): void {
    for (const [id, { projection, stream, watermark }] of this.#ahead) {
      const isReplaced = this.#world.watermark(projection, stream) !== watermark;
      if (isReplaced) this.#ahead.delete(id);
      else if ((this.#model.head(stream, projection) ?? -1n) >= watermark) this.#unseen.add(id);
    }
  }

  /** Whether what is cached may hold events that are gone, by no fault of the projector. To ask before a projection. */
  isUnseen(projection: AnyProjection, stream: string): boolean {
    const id = idOf(projection, stream);
    if (this.#world.watermark(projection, stream) === undefined) this.#unseen.delete(id);
    return this.#unseen.has(id);
  }
}

function idOf({ name, version }: AnyProjection, stream: string): string {
  return `${name} ${version} ${stream}`;
}
