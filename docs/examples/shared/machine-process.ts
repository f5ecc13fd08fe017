import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A machine of the service, in its own process. */
export class MachineProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  /** `script`: the path of `machine.mjs`. */
  constructor(script: string, environment: Readonly<Record<string, string>>) {
    this.#process = spawn(process.execPath, [script], {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', process.env['DEBUG'] === undefined ? 'ignore' : 'inherit'],
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when the machine answers requests. */
  async ready(): Promise<void> {
    await this.#next();
  }

  /** The answer to a line such as `get 507`. */
  async ask(line: string): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${line}\n`);
    return await this.#next();
  }

  /** Ends its input. Resolves when it has closed everything and has ended. */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
  }

  async #next(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the machine has ended: run the demo with DEBUG=1 to see why');
    return JSON.parse(value) as Record<string, unknown>;
  }
}
