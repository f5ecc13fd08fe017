import type { PostgresJsClient } from '../../src/postgres/postgres-js-client.ts';

/** A statement that a client was asked to run. */
export interface RunStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** The rows of a statement, or the error it fails with; `undefined`: see `FakeServer`. */
export type FakeAnswer = readonly (readonly unknown[])[] | Error | Promise<readonly (readonly unknown[])[]>;

/** An error of the server with its code. */
export function sqlError(code: string, message = `error ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * A client of the package `postgres` that asks no server: a test says what each statement answers. Without an answer of the
 * test, the state is that of empty tables at epoch 7.
 */
export class FakeServer {
  readonly statements: RunStatement[] = [];
  readonly listeners: { readonly channel: string; readonly notify: () => void }[] = [];
  unlistened = 0;
  /** Answers a statement; `undefined` for the default. */
  answer: (text: string, parameters: readonly unknown[]) => FakeAnswer | undefined = () => undefined;

  /** The client, as a `PostgresCache` uses it. */
  get client(): PostgresJsClient {
    const unsafe = (text: string, parameters: readonly unknown[] = []) => ({
      values: async () => {
        this.statements.push({ text, parameters });
        const answer = await (this.answer(text, parameters) ?? defaultAnswer(text));
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const listen = (channel: string, notify: (payload: string) => void, onListen?: () => void) => {
      this.listeners.push({ channel, notify: () => notify('') });
      onListen?.();
      const unlisten = (): Promise<void> => {
        this.unlistened += 1;
        return Promise.resolve();
      };
      return Promise.resolve({ unlisten });
    };
    return Object.assign(() => {}, { unsafe, listen });
  }

  /** The statements that contain `words`. */
  withText(words: string): RunStatement[] {
    return this.statements.filter(({ text }) => text.includes(words));
  }
}

function defaultAnswer(text: string): FakeAnswer {
  if (text.startsWith('SELECT version::text')) return [['1', '7', 'read committed']];
  if (text.startsWith('SELECT s.epoch::text, e.payload')) return [['7', null]];
  if (text.startsWith('SELECT new_epoch')) return [['8', '3']];
  if (text.startsWith('INSERT INTO')) return [['1']];
  if (text.startsWith('SELECT current_setting')) return [['on', '0']];
  return [];
}
