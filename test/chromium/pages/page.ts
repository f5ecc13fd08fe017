import { pageScenarios } from './page-scenarios.ts';

/*
 * The page of the tests. `runScenario` runs a scenario here, or in a worker that has the storage; the tests call it from
 * outside.
 */

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly progress?: number;
}

interface PageGlobals {
  runScenario(name: string, args: readonly unknown[]): Promise<unknown>;
  /** Installed by the tests that write until they are killed. */
  readonly report?: (operation: number) => void;
}

const page = globalThis as unknown as PageGlobals;
let worker: Worker | undefined;
let calls = 0;

page.runScenario = async (name, args) => {
  const own = pageScenarios[name];
  if (own !== undefined) return await own(...(args as never[]));
  return await inWorker(name, args);
};

function inWorker(name: string, args: readonly unknown[]): Promise<unknown> {
  worker ??= new Worker('/scenario-worker.js', { type: 'module' });
  const [one, id] = [worker, calls];
  calls += 1;
  return new Promise((resolve, reject) => {
    one.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      if (data.id !== id) return;
      if (data.progress !== undefined) page.report?.(data.progress);
      else if (data.error === undefined) resolve(data.result);
      else reject(new Error(data.error));
    });
    one.postMessage({ id, name, args });
  });
}
