import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/**
 * What is removed: a stream by the projector, everything by the owner, one entry by accident, or the value of one
 * entry.
 */
export type Forgetting =
  | { readonly what: 'stream'; readonly stream: string }
  | { readonly what: 'all' }
  | { readonly what: 'entry' | 'value'; readonly which: number };

const GARBLED = Uint8Array.of(7, 1, 2);

export class ForgetCommand implements HistoryCommand {
  readonly #forgetting: Forgetting;

  constructor(forgetting: Forgetting) {
    this.#forgetting = forgetting;
  }

  check(): boolean {
    return true;
  }

  run(_model: HistoryModel, { system }: HistoryUnderTest): void {
    const forgetting = this.#forgetting;
    const { inner } = system.cache;
    if (forgetting.what === 'all') {
      inner.deletePrefix(new Uint8Array(0));
    } else if (forgetting.what === 'stream') {
      system.cache.work();
      system.projector.invalidate(forgetting.stream);
    } else {
      const entries = system.entries();
      const [key, entry] = entries[forgetting.which % Math.max(1, entries.length)] ?? [];
      if (key === undefined || entry === undefined) return;
      if (forgetting.what === 'entry') inner.deletePrefix(key);
      else inner.put(key, GARBLED, entry.meta);
    }
  }

  toString(): string {
    return `forget(${JSON.stringify(this.#forgetting)})`;
  }
}
