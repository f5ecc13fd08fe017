import { errnoOf, StoreError } from '../../base/store-error.ts';
import type { LogCache } from '../../cache/log-cache.ts';
import type { Command, CommandCall } from '../command.ts';
import { LINE_BYTES_MAX, parseDumpLine } from '../dump-line.ts';
import { EntryLoader } from '../entry-loader.ts';
import { CommandFailure, ExitCode, exitCodeOf, readFailure, UsageError } from '../exit-codes.ts';
import { interruptible } from '../interruption.ts';
import { countText, entriesText } from '../number-text.ts';
import { withWriter } from '../store-directory.ts';
import { LineTooLongError, linesOf } from '../text-lines.ts';
import { WRITER_OPTIONS } from '../writer-options.ts';

export const loadCommand: Command = {
  name: 'load',
  summary: 'Stores the entries of a dump, which it reads from a file or from standard input.',
  operands: ['DIR', '[FILE]'],
  options: [
    { name: 'from-line', value: 'N', text: 'begin at line N, counted from 1' },
    { name: 'overwrite', text: 'an entry of the dump also replaces a newer one' },
    ...WRITER_OPTIONS,
    { name: 'json', text: 'one JSON object' },
  ],
  notes:
    'An entry that the store has with a higher watermark, or with the same one and cached later, stays. An entry that is\n' +
    'the same is not written, so that a load that was interrupted can be repeated. At a broken line it stops: what came\n' +
    'before is stored, and the message has the option to continue behind it.',
  run: load,
};

async function load(call: CommandCall): Promise<number> {
  const { args, out, terminal } = call;
  const [, file = '-'] = args.operands;
  if (file === '-' && terminal.stdin.isTTY === true) throw new UsageError('name a FILE, or pass one: load DIR < FILE');
  const fromLine = args.integer('from-line', 1) ?? 1;
  // Before a store is created or locked: a file that is not there changes nothing, and a pipe may begin late.
  const input = await started(file === '-' ? terminal.stdin : terminal.readFile(file), file);
  const counts = await interruptible(terminal, (signal) =>
    withWriter(call, { creates: true, signal }, async (cache) => {
      const loader = new EntryLoader(cache, { overwrite: args.flag('overwrite') });
      await new Load(call, cache, loader, signal).run(input, fromLine);
      return loader.counts;
    }),
  );
  const { stored, unchanged, kept } = counts;
  await out.printLine(
    args.flag('json')
      ? JSON.stringify(counts)
      : `stored ${entriesText(stored)}, unchanged ${countText(unchanged)}, kept newer ${countText(kept)}`,
  );
  return ExitCode.done;
}

/** One pass over the lines of a dump. */
class Load {
  readonly #call: CommandCall;
  readonly #cache: LogCache;
  readonly #loader: EntryLoader;
  readonly #signal: AbortSignal;
  /** The line that is processed, from 1. */
  #line = 0;

  constructor(call: CommandCall, cache: LogCache, loader: EntryLoader, signal: AbortSignal) {
    this.#call = call;
    this.#cache = cache;
    this.#loader = loader;
    this.#signal = signal;
  }

  async run(input: AsyncIterable<Uint8Array>, fromLine: number): Promise<void> {
    try {
      for await (const lines of linesOf(input, LINE_BYTES_MAX)) {
        for (const line of lines) {
          this.#line += 1;
          if (this.#line >= fromLine && line.trim() !== '') this.#addLine(line);
        }
        this.#call.progress.show(() => `load: ${countText(this.#line)} lines`);
        if (this.#signal.aborted) throw this.#stopped();
      }
      this.#loader.flush();
    } catch (error) {
      if (error instanceof LineTooLongError)
        throw this.#brokenLine(this.#line + 1, 'it is too long for an entry of a dump');
      throw error;
    }
  }

  #addLine(line: string): void {
    let entry: ReturnType<typeof parseDumpLine>;
    try {
      entry = parseDumpLine(line);
    } catch (error) {
      throw this.#brokenLine(this.#line, error instanceof Error ? error.message : String(error));
    }
    try {
      this.#loader.add(entry);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === 'TOO_LARGE') throw this.#brokenLine(this.#line, error.message);
      throw this.#failedStore(error);
    }
  }

  #brokenLine(line: number, what: string): CommandFailure {
    this.#keepSoFar();
    return new CommandFailure(
      ExitCode.refused,
      `line ${line}: ${what}. The lines before are stored. Correct it and load again, or continue behind it: ` +
        `--from-line ${line + 1}`,
    );
  }

  #failedStore(error: StoreError): CommandFailure {
    const message = `line ${this.#line}: ${error.message}. To continue, load it again: nothing is stored twice`;
    return new CommandFailure(exitCodeOf(error), message, { cause: error });
  }

  #stopped(): CommandFailure {
    this.#keepSoFar();
    const next = this.#line + 1;
    const message = `interrupted: the lines up to ${this.#line} are stored. To continue: --from-line ${next}`;
    return new CommandFailure(ExitCode.interrupted, message);
  }

  #keepSoFar(): void {
    this.#loader.flush();
    this.#cache.sync();
  }
}

/** The input after its first piece has arrived. Throws `CommandFailure` if the file cannot be read. */
async function started(input: AsyncIterable<Uint8Array>, file: string): Promise<AsyncIterable<Uint8Array>> {
  const iterator = input[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    return resumed(first, iterator);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw readFailure(file, error);
  }
}

async function* resumed(
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let piece = first; piece.done !== true; piece = await iterator.next()) yield piece.value;
}
