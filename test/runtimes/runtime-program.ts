import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ChildScript } from '../process/child-script.ts';

/** A runtime of JavaScript. */
export interface Runtime {
  readonly name: string;
  /** The command that runs a script. */
  readonly command: readonly string[];
}

/** What opening a cache found, as the program reports it. */
export interface ProgramState {
  readonly entries: number;
  readonly clean: boolean;
  readonly imageUsed: boolean;
  readonly records: number;
  readonly entriesLost: number;
}

/** The program of this folder, run by a runtime in its own process. */
export class RuntimeProgram {
  readonly #child: ChildScript;

  constructor(runtime: Runtime, script: string, directory: string) {
    this.#child = new ChildScript(pathToFileURL(script), [directory], 'inherit', [], runtime.command);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves to its answer to a command. */
  async answer(command: string): Promise<string> {
    return await this.#child.ask(command);
  }

  /** Runs commands; each must be answered by `done`. */
  async do(...commands: readonly string[]): Promise<void> {
    for (const command of commands) await this.expect(command, 'done');
  }

  /** Runs a command whose answer must be this text, or match this pattern. */
  async expect(command: string, wanted: string | RegExp): Promise<void> {
    const answer = await this.answer(command);
    const isRight = typeof wanted === 'string' ? answer === wanted : wanted.test(answer);
    if (!isRight) throw new Error(`'${command}' was answered by '${answer}', not by ${wanted}`);
  }

  async state(): Promise<ProgramState> {
    return JSON.parse(await this.answer('state')) as ProgramState;
  }

  /** Stops the process where it is, as a platform that freezes it between two requests does. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Lets a frozen process continue. */
  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async kill(): Promise<void> {
    await this.#child.kill();
  }

  /** Closes its input, and resolves to the code it ends with by itself; `undefined` if it still runs after a while. */
  async endOfInput(waitMs: number): Promise<number | null | undefined> {
    this.#child.endInput();
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, waitMs, undefined)));
    const ended = this.#child.ended().then(({ code }) => code);
    return await Promise.race([ended, waited]).finally(() => clearTimeout(timer));
  }
}

/** Starts programs, each on a directory, and ends those that still run. */
export class ProgramStarter {
  readonly #script: string;
  readonly #started: RuntimeProgram[] = [];
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'projection-cache-runtime-'));

  /** `script`: the program, beside an installed package. */
  constructor(script: string) {
    this.#script = script;
  }

  /** `name`: of the directory; programs with the same name share it. */
  start(runtime: Runtime, name: string): RuntimeProgram {
    const program = new RuntimeProgram(runtime, this.#script, join(this.#directory, name));
    this.#started.push(program);
    return program;
  }

  async end(): Promise<void> {
    for (const program of this.#started) await program.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
