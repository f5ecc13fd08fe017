/** The part of a terminal that progress needs. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const intervalMs = 100;
const eraseLine = '\r\u001b[K';

/**
 * One line on a terminal with the progress of a long phase, rewritten at most ten times a second. It writes nothing if
 * the output is not a terminal, so that logs and pipes stay clean.
 */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(output: ProgressOutput, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  show(phase: string, done: number, of: number): void {
    if (this.#output.isTTY !== true) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#shownAtMs < intervalMs) return;
    this.#shownAtMs = nowMs;
    this.#shown = true;
    const percent = of === 0 ? 100 : Math.floor((100 * done) / of);
    this.#output.write(`${eraseLine}${phase}: ${done} of ${of} (${percent} %)`);
  }

  /** Removes the line, if there is one. */
  clear(): void {
    if (this.#shown) this.#output.write(eraseLine);
    this.#shown = false;
  }
}
