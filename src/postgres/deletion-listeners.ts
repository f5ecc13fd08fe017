import type { PostgresSettings } from './postgres-options.ts';
import type { TableCalls } from './table-calls.ts';

/** What listens for the deletions of all processes, for one cache. */
export class DeletionListeners {
  readonly #settings: PostgresSettings;
  readonly #calls: TableCalls;
  readonly #ends = new Set<() => Promise<void>>();

  constructor(settings: PostgresSettings, calls: TableCalls) {
    this.#settings = settings;
    this.#calls = calls;
  }

  /** Resolves to what ends it. */
  async add(onDeletion: () => void): Promise<() => Promise<void>> {
    const { client, names, dialect } = this.#settings;
    if (dialect !== 'postgresql' || !client.canListen) return () => Promise.resolve();
    const listening = client.listen(names.channel, onDeletion);
    const stop = await this.#calls
      .run('listen', () => listening)
      .catch((error: unknown) => {
        // It may still succeed when its time is over.
        listening.then((late) => late()).catch(() => {});
        throw error;
      });
    const end = async (): Promise<void> => {
      if (this.#ends.delete(end)) await stop();
    };
    this.#ends.add(end);
    return end;
  }

  /** Ends all of them, whatever the server does. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.#ends].map((end) => this.#calls.run('end listening', end)));
  }
}
