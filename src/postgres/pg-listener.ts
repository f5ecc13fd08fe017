import type { PgConnection, PgPool } from './pg-pool.ts';

/** How long to wait before a lost connection is replaced. */
const AGAIN_MS = 1_000;

/** Listens on a channel over a connection of a pool of `pg`, over another one when that is lost. */
export class PgListener {
  readonly #pool: PgPool;
  readonly #channel: string;
  readonly #act: () => void;
  #connection: PgConnection | undefined;
  #isOver = false;

  constructor(pool: PgPool, channel: string, act: () => void) {
    this.#pool = pool;
    this.#channel = channel;
    this.#act = act;
  }

  /** Resolves when it listens. Rejects if that fails, and leaves no connection then. */
  async begin(): Promise<void> {
    const { lost } = await this.#listen();
    this.#continue(lost).catch(() => {});
  }

  /** Destroys the connection, as its next user would receive the notifications. */
  end(): void {
    this.#isOver = true;
    this.#release();
  }

  /** One connection at a time. */
  async #continue(first: Promise<void>): Promise<void> {
    for (let lost = first; ; ) {
      await lost;
      this.#release();
      if (this.#isOver) return;
      await pause(AGAIN_MS);
      if (this.#isOver) return;
      lost = (await this.#listen().catch(() => undefined))?.lost ?? Promise.resolve();
    }
  }

  async #listen(): Promise<{ readonly lost: Promise<void> }> {
    const connection = await this.#pool.connect();
    if (this.#isOver) {
      connection.release();
      return { lost: Promise.resolve() };
    }
    this.#connection = connection;
    const lost = new Promise<void>((resolve) => {
      connection.on('error', resolve);
      connection.on('end', resolve);
    });
    connection.on('notification', () => this.#notify());
    try {
      await connection.query({ text: `LISTEN "${this.#channel}"`, values: [], rowMode: 'array' });
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#notify();
    return { lost };
  }

  #notify(): void {
    if (!this.#isOver) this.#act();
  }

  #release(): void {
    this.#connection?.release(true);
    this.#connection = undefined;
  }
}

/** Does not keep the process running. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref?.();
  });
}
