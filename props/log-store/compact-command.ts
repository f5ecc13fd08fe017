import { expect } from 'vitest';
import { bytes } from '../../test/store/store-history.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export type Compacting =
  /** Runs to its end in one call. */
  | { readonly how: 'at once' }
  /** Is awaited while a key is written at each step; `abortAt` is the step at which it is aborted. */
  | { readonly how: 'awaited'; readonly key: string; readonly abortAt: number | undefined }
  /** Continues while later commands run. */
  | { readonly how: 'in background' };

class Aborted extends Error {}

export class CompactCommand implements StoreCommand {
  readonly #compacting: Compacting;

  constructor(compacting: Compacting) {
    this.#compacting = compacting;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const compacting = this.#compacting;
    if (compacting.how === 'at once') {
      real.store.compact();
      model.history.sync();
    } else if (compacting.how === 'in background') {
      real.startInBackground(real.store.compactAsync());
    } else {
      await this.#awaited(model, real, compacting);
    }
    real.checkContents(model);
  }

  async #awaited(
    model: Model,
    real: StoreUnderTest,
    { key, abortAt }: { key: string; abortAt: number | undefined },
  ): Promise<void> {
    const abort = new AbortController();
    let steps = 0;
    let states = 0;
    const onProgress = (): void => {
      steps += 1;
      if (steps === abortAt) abort.abort(new Aborted());
      if (steps > 8) return;
      real.store.writer.put(bytes(key), bytes(`step ${steps}`));
      model.history.accept((contents) => contents.set(key, `step ${steps}`));
      states = model.history.states.length;
    };
    try {
      await real.store.compactAsync({ signal: abort.signal, onProgress });
      model.history.sync(states);
    } catch (error) {
      expect(error).toBeInstanceOf(Aborted);
    }
  }

  toString(): string {
    return `compact(${JSON.stringify(this.#compacting)})`;
  }
}
