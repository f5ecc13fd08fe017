import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A script of JavaScript in its own process, which communicates in lines. */
export class ChildScript {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<Ending>;
  /** The lines it has written so far. */
  readonly lines: string[] = [];
  #wake: () => void = () => {};
  #silent = false;

  /**
   * `complaints`: where its standard error goes; `within`: a command that runs the command it is given. `runtime`: the
   * command that runs the script; by default the Node of this process.
   */
  constructor(
    script: URL,
    args: readonly string[],
    complaints: 'inherit' | 'ignore' = 'inherit',
    within: readonly string[] = [],
    runtime: readonly string[] = [process.execPath],
  ) {
    const path = fileURLToPath(script);
    const [command = '', ...rest] = [...within, ...runtime, path, ...args];
    this.#process = spawn(command, rest, {
      cwd: dirname(path),
      stdio: ['pipe', 'pipe', complaints],
    });
    this.#process.stdin.on('error', () => {});
    const reader = createInterface({ input: this.#process.stdout });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.#wakeAll();
    });
    reader.on('close', () => {
      this.#silent = true;
      this.#wakeAll();
    });
    // All its lines have been read when its output is closed, which the kernel does for a killed process.
    this.#ended = Promise.all([once(this.#process, 'exit'), once(reader, 'close')]).then(([[code, signal]]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Writes a line to it. */
  tell(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Writes a line to it and resolves to the next line it writes. */
  async ask(line: string): Promise<string> {
    const answer = this.lines.length;
    this.tell(line);
    return await this.line(answer);
  }

  /** Resolves to its line with this index, from 0. */
  async line(number: number): Promise<string> {
    while (this.lines.length <= number) {
      if (this.#silent) throw new Error(`the script ended after ${this.lines.length} lines: ${this.lines.join(' | ')}`);
      await this.#more();
    }
    return this.lines[number] as string;
  }

  /** The index of its first line, from index `from` on, that starts with `beginning`; `undefined` if it ends before. */
  async lineWith(beginning: string, from = 0): Promise<number | undefined> {
    for (let number = from; ; number += 1) {
      while (this.lines.length <= number) {
        if (this.#silent) return undefined;
        await this.#more();
      }
      if (this.lines[number]?.startsWith(beginning)) return number;
    }
  }

  /** Closes its standard input. */
  endInput(): void {
    this.#process.stdin.end();
  }

  /** Resolves when it has ended, by itself or by `kill`, and all its lines are in `lines`. */
  ended(): Promise<Ending> {
    return this.#ended;
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = () => {};
    wake();
  }

  /** Resolves when there is another line, or the end. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      const wakeOthers = this.#wake;
      this.#wake = () => {
        wakeOthers();
        resolve();
      };
    });
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
