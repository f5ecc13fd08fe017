import { Session } from 'node:inspector/promises';

/**
 * Finds the modules of `src` that a call enters: those of which a function runs. Loading a module does not count, nor
 * does creating an object that the call does not use. It needs its own process, as V8 has one set of counters.
 */
export class CallTrace {
  readonly #session: Session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  }

  /**
   * Paths below `src`, without the fakes for tests. Work that `call` leaves for later turns of the event loop does not
   * count.
   */
  async modulesOf(call: () => unknown): Promise<string[]> {
    await this.#take();
    call();
    return this.#take();
  }

  /** The modules entered since the last call: V8 resets its counters. */
  async #take(): Promise<string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const entered = result.filter(({ functions }) =>
      functions.some(({ functionName, ranges }) => isOperation(functionName) && (ranges[0]?.count ?? 0) > 0),
    );
    const paths = entered.map(({ url }) => /\/src\/(.+)$/.exec(url)?.[1] ?? '');
    return paths.filter((path) => path !== '' && !path.startsWith('testing/')).sort();
  }
}

/** Constructors have the names of their classes, field initialisers names in brackets, module bodies none. */
function isOperation(functionName: string): boolean {
  return /^(?:[gs]et |#)*[a-z]/.test(functionName);
}
