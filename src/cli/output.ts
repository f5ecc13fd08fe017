import type { Terminal } from './terminal.ts';

/** Short lines are written together. */
const BUFFER_CHARACTERS = 64 * 1024;

/** Text for standard output or standard error. It waits while the reader is slower, so that it needs little memory. */
export class Output {
  readonly #stream: Terminal['stdout'];
  #buffered = '';
  #failure: unknown;
  #wake: () => void = () => {};

  constructor(stream: Terminal['stdout']) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#failure ??= error;
      this.#wake();
    });
    stream.on('drain', () => this.#wake());
    stream.on('close', () => this.#wake());
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Throws the error of the stream, such as `EPIPE` after its reader has ended. */
  async print(text: string): Promise<void> {
    this.#buffered += text;
    if (this.#buffered.length >= BUFFER_CHARACTERS) await this.#writeBuffered();
  }

  async printLine(line: string): Promise<void> {
    await this.print(`${line}\n`);
  }

  async printBytes(bytes: Uint8Array): Promise<void> {
    await this.#writeBuffered();
    await this.#write(bytes);
  }

  /** Waits until everything is written. Throws as `print` does. */
  async flush(): Promise<void> {
    await this.#writeBuffered();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#failure === undefined) this.#stream.write('', () => resolve());
      else resolve();
    });
    this.#throwFailure();
  }

  async #writeBuffered(): Promise<void> {
    const text = this.#buffered;
    this.#buffered = '';
    if (text !== '') await this.#write(text);
  }

  async #write(data: string | Uint8Array): Promise<void> {
    this.#throwFailure();
    if (!this.#stream.write(data)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#stream.destroyed || !this.#stream.writableNeedDrain) resolve();
      });
    }
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
