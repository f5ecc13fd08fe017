import { OpfsStorage, WorkerCache } from '../../../src/browser/index.ts';
import { AsyncProjector, type Projection, type StoreError } from '../../../src/index.ts';
import { runSuite, type Verdict } from './conformance.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What runs in the page itself, by name. */
export const pageScenarios: Readonly<Record<string, (...args: readonly never[]) => Promise<unknown>>> = {
  workerConformance,
  open,
  put,
  get,
  forget: async (prefix: string) => await opened().deletePrefix(utf8(prefix)),
  close: async () => await opened().close(),
  terminate: () => Promise.resolve(current?.worker.terminate()),
  brokenScript,
  outsideOfAWorker,
  projectTwice,
};

interface Opened {
  readonly worker: Worker;
  readonly cache: WorkerCache;
}

let current: Opened | undefined;

function start(name: string): Opened {
  const worker = new Worker('/cache-worker.js', { type: 'module', name });
  return { worker, cache: new WorkerCache(worker) };
}

function opened(): WorkerCache {
  if (current === undefined) throw new Error('no cache is open');
  return current.cache;
}

/** The suite, in a tab that has the cache open itself, or passes its calls on to the tab that has it open. */
async function workerConformance(prefix: string): Promise<Verdict> {
  const workers = new Map<WorkerCache, { readonly worker: Worker; readonly name: string }>();
  let count = 0;
  const begin = (name: string): WorkerCache => {
    const { worker, cache } = start(name);
    workers.set(cache, { worker, name });
    return cache;
  };
  const end = async (cache: WorkerCache): Promise<string> => {
    await cache.close();
    const { worker, name } = workers.get(cache) as { worker: Worker; name: string };
    worker.terminate();
    return name;
  };
  return await runSuite({
    name: 'WorkerCache',
    open: async () => {
      count += 1;
      if (prefix === '') return begin(`suite-${count}`);
      const cache = begin(prefix);
      await cache.deletePrefix(new Uint8Array(0));
      return cache;
    },
    reopen: async (cache) => begin(await end(cache)),
    close: async (cache) => void (await end(cache)),
  });
}

async function open(name: string): Promise<void> {
  current = start(name);
  await current.cache.get(utf8('none'));
}

async function put(key: string, watermark: number): Promise<string> {
  try {
    await opened().put(utf8(key), utf8(`${watermark}`), { watermark: BigInt(watermark), cachedAtUs: 0n });
    return 'ok';
  } catch (error) {
    return (error as StoreError).code;
  }
}

async function get(key: string): Promise<string> {
  try {
    const entry = await opened().get(utf8(key));
    return entry === undefined ? 'miss' : new TextDecoder().decode(entry.value);
  } catch (error) {
    return (error as StoreError).code;
  }
}

async function brokenScript(): Promise<string> {
  const cache = new WorkerCache(new Worker('/no-such-script.js', { type: 'module' }));
  return await cache.get(utf8('key')).then(
    () => 'an answer',
    (error: StoreError) => `${error.code}: ${error.message}`,
  );
}

async function outsideOfAWorker(): Promise<string> {
  return await OpfsStorage.open('page').then(
    () => 'opened',
    (error: StoreError) => `${error.code}: ${error.message}`,
  );
}

interface Paid {
  readonly cents: number;
}

const total: Projection<{ readonly cents: number }, Paid> = {
  name: 'total',
  version: 1,
  initial: () => ({ cents: 0 }),
  apply: (state, event) => ({ cents: state.cents + event.cents }),
};

/** A projector over the cache, as a page would have it. Returns the outcomes of two projections. */
async function projectTwice(): Promise<readonly string[]> {
  const events = Array.from({ length: 20 }, (_, at) => ({
    sequence: BigInt(at + 1),
    event: { cents: 100 },
  }));
  const source = {
    head: () => BigInt(events.length),
    read: (_: string, __: readonly string[], after = 0n) => events.filter(({ sequence }) => sequence > after),
  };
  const outcomes: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const projector = new AsyncProjector({ cache: opened(), source });
    const { state, report } = await projector.projectWithReport(total, 'order:507');
    await projector.flush();
    outcomes.push(`${report.outcome} ${state?.cents}`);
  }
  return outcomes;
}
