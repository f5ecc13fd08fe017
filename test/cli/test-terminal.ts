import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCommand } from '../../src/cli/run-command.ts';
import { processTerminal, type Terminal } from '../../src/cli/terminal.ts';

/** What a command wrote, and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as bytes. */
  readonly bytes: Buffer;
}

/** How a command is run; by default with pipes and an empty input. */
export interface Surroundings {
  /** Standard input, or its pieces. */
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Whether its input and outputs are a terminal. */
  readonly isTerminal?: boolean;
  readonly env?: Terminal['env'];
  /** Fails every write to standard output after this many bytes, as a pipe whose reader has ended does. */
  readonly outBytesMax?: number;
  /** Receives what interrupts the command as SIGINT does. */
  readonly onInterrupt?: (interrupt: () => void) => void;
  /** A clock; default: that of the machine. */
  readonly now?: () => number;
}

/** Collects what is written. */
class Collected extends Writable {
  readonly isTTY: boolean;
  readonly #bytesMax: number;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(isTTY: boolean, bytesMax: number = Number.POSITIVE_INFINITY) {
    super();
    this.isTTY = isTTY;
    this.#bytesMax = bytesMax;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#bytesMax) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.#pieces.push(piece);
    // As a pipe: not at once.
    setImmediate(done);
  }
}

/** Runs the command line in this process. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { input = '', isTerminal = false, env = {}, onInterrupt, outBytesMax } = surroundings;
  const [stdout, stderr] = [new Collected(isTerminal, outBytesMax), new Collected(isTerminal)];
  const stdin = Object.assign(inputOf(input), { isTTY: isTerminal });
  const { readFile } = processTerminal();
  const now = surroundings.now ?? Date.now;
  const listen = (stop: () => void): (() => void) => {
    onInterrupt?.(stop);
    return () => {};
  };
  const code = await runCommand(argv, { stdout, stderr, stdin, env, now, readFile, onInterrupt: listen });
  await new Promise((resolve) => stderr.end(resolve));
  return { code, out: stdout.bytes.toString(), err: stderr.bytes.toString(), bytes: stdout.bytes };
}

/** The output of a command that must succeed, without its last line end. */
export async function outputOf(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${err}`);
  return out.replace(/\n$/, '');
}

/** Every file of a directory: its name, when it was written, and a digest of its bytes. */
export function snapshotOf(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const stats = statSync(path);
      return `${name} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.isFile() ? digestOf(path) : ''}`;
    });
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function* inputOf(input: NonNullable<Surroundings['input']>): AsyncGenerator<Uint8Array> {
  if (typeof input === 'string' || input instanceof Uint8Array) {
    if (input.length > 0) yield Buffer.from(input as string);
    return;
  }
  yield* input;
}
