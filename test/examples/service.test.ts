// Why this test: the service is meant to be copied. It runs here as a user runs it, as JavaScript beside an installed package,
// and lives through what a service lives through: a kill, a deploy, a restored event log.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { InstalledPackage } from '../docs/installed-package.ts';

interface LogLine {
  readonly what: string;
  readonly details: {
    readonly type?: string;
    readonly port?: number;
    readonly stream?: string;
    readonly outcome?: string;
    readonly eventsRead?: number;
  };
}

const installed = new InstalledPackage();
const script: string = join(installed.directory, 'service.mjs');
afterAll(() => installed.remove());
beforeEach(() => copyFileSync(resolve('docs/examples/service/service.mjs'), script));

/** A running service, and what it has logged. */
class Service {
  readonly lines: LogLine[] = [];
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  readonly #ended: Promise<unknown[]>;

  constructor(directory: string, eventLogId: string) {
    const args = [script, join(directory, 'events.jsonl'), join(directory, 'cache'), '0'];
    this.#process = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, EVENT_LOG_ID: eventLogId },
    });
    const reader = createInterface({ input: this.#process.stdout });
    reader.on('line', (line) => this.lines.push(JSON.parse(line) as LogLine));
    this.#ended = Promise.all([once(this.#process, 'exit'), once(reader, 'close')]);
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  /** Resolves when it listens, or has ended before. */
  async started(): Promise<this> {
    let hasEnded = false;
    void this.#ended.then(() => (hasEnded = true));
    while (this.#port === undefined && !hasEnded) await new Promise((done) => setTimeout(done, 10));
    return this;
  }

  /** Resolves when it waits for the lock of the cache. */
  async waits(): Promise<void> {
    while (!this.cacheEvents.includes('lock-awaited')) await new Promise((done) => setTimeout(done, 10));
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<{ code: number | null }> {
    this.#process.kill(signal);
    const [[code]] = (await this.#ended) as [[number | null]];
    return { code };
  }

  async get(path: string): Promise<unknown> {
    return await (await fetch(`http://127.0.0.1:${this.#port}${path}`)).json();
  }

  async post(body: string): Promise<[number, unknown]> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/events`, { method: 'POST', body });
    return [response.status, await response.json()];
  }

  async buy(order: string, customer: string, cents: number): Promise<void> {
    expect((await this.post(JSON.stringify({ order, customer, cents })))[0]).toBe(201);
  }

  /** The states of all projections that these tests use. */
  async states(): Promise<unknown[]> {
    return await Promise.all(['/order/507', '/order/508', '/customer/7', '/sales/all'].map((path) => this.get(path)));
  }

  /** Without those that every run has. */
  get cacheEvents(): (string | undefined)[] {
    const types = this.lines.filter(({ what }) => what === 'cache').map(({ details }) => details.type);
    return types.filter((type) => type !== 'opened' && type !== 'closed');
  }

  /** How each projection so far came about, and how many events it read. */
  get outcomes(): string[] {
    const reports = this.lines.filter(({ what }) => what === 'projected').map(({ details }) => details);
    return reports.map(({ stream, outcome, eventsRead }) => `${stream} ${outcome} ${eventsRead}`).sort();
  }

  get #port(): number | undefined {
    return this.lines.find(({ what }) => what === 'listening')?.details.port;
  }
}

async function start(directory: string, eventLogId = 'orders-1'): Promise<Service> {
  return await new Service(directory, eventLogId).started();
}

/** A service that has recorded three purchases and answered for all of them. */
async function used(directory: string): Promise<Service> {
  const service = await start(directory);
  await service.buy('507', '7', 450);
  await service.buy('507', '7', 1_200);
  await service.buy('508', '7', 300);
  expect(await service.states()).toEqual(STATES);
  return service;
}

const STATES = [{ items: 2, cents: 1_650 }, { items: 1, cents: 300 }, { items: 3, cents: 1_950 }, { largest: 1_200 }];
const HITS = ['customer:7 hit 0', 'order:507 hit 0', 'order:508 hit 0', 'sales:all hit 0'];

describe('the service of docs/examples/service', () => {
  test('answers from its projections, and refuses what it does not know', async () => {
    const service = await used(temporaryDirectory());
    expect(await service.get('/health')).toEqual({ healthy: true });
    expect(await service.get('/stats')).toMatchObject({
      cache: { entries: 4, recovery: { generation: 0 } },
      projector: { replays: 4, hits: 0, eventsRead: 9 },
    });
    for (const path of ['/order/1', '/toString/1', '/', '/order/%']) {
      expect(await service.get(path)).toHaveProperty('error');
    }
    expect(await service.post('{"order":')).toEqual([400, { error: 'SyntaxError' }]);
    expect((await service.post('{"order":"1"}'))[0]).toBe(400);
    expect((await service.post('x'.repeat(20_000)))[0]).toBe(413);
    expect(await service.states()).toEqual(STATES);
  });

  test('after a stop finds its states, and after a kill too, and its log shows the difference', async () => {
    const directory = temporaryDirectory();
    expect(await (await used(directory)).end('SIGTERM')).toEqual({ code: 0 });
    const second = await start(directory);
    expect([await second.states(), second.outcomes, second.cacheEvents]).toEqual([STATES, HITS, []]);
    await second.buy('508', '7', 50);
    await second.end('SIGKILL');
    // The kill came in the middle of a line.
    appendFileSync(join(directory, 'events.jsonl'), '{"order":"507","cus');

    const third = await start(directory);
    expect(third.cacheEvents).toEqual(['lock-taken-over', 'recovered']);
    expect(await third.states()).toEqual([
      STATES[0],
      { items: 2, cents: 350 },
      { items: 4, cents: 2_000 },
      { largest: 1_200 },
    ]);
    expect(third.outcomes).toEqual(['customer:7 delta 1', 'order:507 hit 0', 'order:508 delta 1', 'sales:all delta 1']);
    await third.buy('507', '7', 1);
    expect(await third.get('/order/507')).toEqual({ items: 3, cents: 1_651 });
  });

  test('is deployed one process after the other; a changed projection is replayed, the others are not', async () => {
    const directory = temporaryDirectory();
    const old = await used(directory);
    const changed = readFileSync(script, 'utf8')
      .replace("name: 'sales', version: 1", "name: 'sales', version: 2")
      .replace('Math.max(largest, event.cents)', 'Math.max(largest, 2 * event.cents)');
    writeFileSync(script, changed);
    const renewed = new Service(directory, 'orders-1');
    await renewed.waits();
    // The old one still serves, and records an event that the new one must see.
    expect(await old.states()).toEqual(STATES);
    await old.buy('509', '8', 1);
    await old.end('SIGTERM');
    await renewed.started();
    expect(await renewed.states()).toEqual([...STATES.slice(0, 3), { largest: 2_400 }]);
    expect(renewed.outcomes).toEqual([...HITS.slice(0, 3), 'sales:all replay 4']);
    expect(renewed.cacheEvents).toEqual(['lock-awaited']);
  });

  test('with another EVENT_LOG_ID after a restore uses no state of the lost events', async () => {
    const directory = temporaryDirectory();
    const [events, backup] = [join(directory, 'events.jsonl'), join(directory, 'backup.jsonl')];
    const service = await start(directory);
    await service.buy('507', '7', 450);
    copyFileSync(events, backup);
    await service.buy('507', '7', 1_200);
    await service.buy('508', '7', 300);
    expect(await service.states()).toEqual(STATES);
    await service.end('SIGTERM');

    copyFileSync(backup, events);
    const restored = await start(directory, 'orders-2');
    // As many events as before, and others.
    await restored.buy('507', '7', 1);
    await restored.buy('508', '7', 2);
    expect(await restored.states()).toEqual([
      { items: 2, cents: 451 },
      { items: 1, cents: 2 },
      { items: 3, cents: 453 },
      { largest: 450 },
    ]);
    expect(restored.outcomes.every((outcome) => / replay \d$/.test(outcome))).toBe(true);
  });
});
