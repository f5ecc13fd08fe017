import type { Terminal } from './terminal.ts';

const INTERVAL_MS = 100;
/** Carriage return and "erase in line" (ECMA-48). */
const CLEAR = '\r\u001b[K';

/** One line on standard error that shows how far long work is. It shows nothing unless that is a terminal. */
export class ProgressLine {
  readonly #terminal: Pick<Terminal, 'stderr' | 'now'>;
  #nextMs: number;
  #isShown = false;

  constructor(terminal: Pick<Terminal, 'stderr' | 'now'>) {
    this.#terminal = terminal;
    // Work that is done at once needs no progress.
    this.#nextMs = terminal.now() + INTERVAL_MS;
  }

  show(text: () => string): void {
    if (this.#terminal.stderr.isTTY !== true || this.#terminal.now() < this.#nextMs) return;
    this.#nextMs = this.#terminal.now() + INTERVAL_MS;
    this.#isShown = true;
    this.#terminal.stderr.write(`${CLEAR}${text()}`);
  }

  /** `what` is the work, such as `verify`. */
  showBytes(
    what: string,
    { doneBytes, totalBytes }: { readonly doneBytes: number; readonly totalBytes: number },
  ): void {
    this.show(() => `${what}: ${totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes)} %`);
  }

  clear(): void {
    if (this.#isShown) this.#terminal.stderr.write(CLEAR);
    this.#isShown = false;
  }
}
