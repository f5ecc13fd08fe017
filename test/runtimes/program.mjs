/*
 * Uses the installed package on whichever runtime runs it: program.mjs DIRECTORY
 *
 * It is plain JavaScript, as the oldest of them runs no TypeScript. Each line on standard input is a command, answered with a
 * line: `done`, what was asked for, or the code and message of the error. It ends when its input does, without closing.
 *
 * conformance files|memory   runs the suite; answers with how many cases passed
 * open OPTIONS               opens the cache with these options, in JSON
 * fill FROM TO               puts the entries of these numbers
 * check FROM TO              answers with how many of them are there; a wrong value is an error
 * tick                       waits for another turn of the event loop
 * jump MS                    sets the clock of the day forward, or back
 * project                    folds a stream twice, and answers with the outcomes
 * require                    loads the package as CommonJS
 * state, events              answers in JSON
 * sync, sync-async, compact, refresh, close
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { LogCache, MemoryStorage, Projector } from 'projection-cache';
import { projectionCacheSuite } from 'projection-cache/testing';

const [directory] = process.argv.slice(2);
const events = [];
let cache;

const clock = Date.now;
let jumpedMs = 0;
Date.now = () => clock() + jumpedMs;

/** Of 0 to 4,999 bytes. */
function bytesOf(number) {
  return new Uint8Array((number * 37) % 5_000).fill(number);
}

function isEntry({ value, meta }, number) {
  const wanted = bytesOf(number);
  return (
    value.length === wanted.length &&
    value.every((byte, at) => byte === wanted[at]) &&
    meta.watermark === BigInt(number) &&
    meta.cachedAtUs === -BigInt(number)
  );
}

function fill(from, to) {
  for (let number = from; number < to; number += 1) {
    cache.put(`order:${number}`, bytesOf(number), { watermark: BigInt(number), cachedAtUs: -BigInt(number) });
  }
}

function check(from, to) {
  let found = 0;
  for (let number = from; number < to; number += 1) {
    const entry = cache.get(`order:${number}`);
    if (entry === undefined) continue;
    if (!isEntry(entry, number)) throw new Error(`order:${number} has a wrong value`);
    found += 1;
  }
  return found;
}

async function conformance(where) {
  const cases = [];
  const storage = where === 'memory' ? { storage: new MemoryStorage() } : {};
  const directories = new Map();
  const openIn = (path) => {
    const opened = LogCache.open(path, storage);
    directories.set(opened, path);
    return opened;
  };
  projectionCacheSuite({
    name: where,
    open: () => openIn(join(directory, `${where}-${directories.size}`)),
    reopen: (open) => {
      open.close();
      return openIn(directories.get(open));
    },
    close: (open) => open.close(),
    describe: (_name, body) => body(),
    test: (name, body) => cases.push({ name, body }),
  });
  for (const { name, body } of cases) {
    await body().catch((error) => {
      throw new Error(`${name}: ${error.message}`);
    });
  }
  return cases.length;
}

function project() {
  const events = [1n, 2n, 3n].map((sequence) => ({ sequence, event: { cents: Number(sequence) } }));
  const source = {
    head: () => events.at(-1).sequence,
    read: (_stream, _kinds, after = 0n) => events.slice(Number(after)),
  };
  const total = { name: 'total', initial: () => 0, apply: (sum, { cents }) => sum + cents };
  const projector = new Projector({ cache, source });
  const outcomes = [projector.projectWithReport(total, 'order:507'), projector.projectWithReport(total, 'order:507')];
  events.push({ sequence: 4n, event: { cents: 4 } });
  outcomes.push(projector.projectWithReport(total, 'order:507'));
  return outcomes.map(({ state, report }) => `${state} ${report.outcome}`).join(', ');
}

function required() {
  const { LogCache: Required } = createRequire(import.meta.url)('projection-cache');
  if (Required !== LogCache) throw new Error('require and import load two copies');
}

function state() {
  const { entries, recovery } = cache.stats();
  const { clean, imageUsed, records, entriesLost } = recovery;
  return JSON.stringify({ entries, clean, imageUsed, records, entriesLost });
}

const commands = {
  conformance: ([where]) => conformance(where),
  open: ([options = '{}']) => {
    cache = LogCache.open(directory, { ...JSON.parse(options), onEvent: ({ type }) => events.push(type) });
  },
  fill: ([from, to]) => fill(Number(from), Number(to)),
  check: ([from, to]) => check(Number(from), Number(to)),
  tick: () => new Promise((resolve) => setTimeout(resolve, 0)),
  jump: ([milliseconds]) => {
    jumpedMs += Number(milliseconds);
  },
  project,
  require: required,
  state,
  events: () => JSON.stringify(events),
  sync: () => cache.sync(),
  'sync-async': () => cache.syncAsync(),
  compact: () => cache.compact(),
  refresh: () => cache.refresh(),
  close: () => cache.close(),
};

async function answer(line) {
  const [verb, ...args] = line.split(' ');
  try {
    return String((await commands[verb](args)) ?? 'done');
  } catch (error) {
    return `${error.code ?? error.name} ${error.message.replaceAll('\n', ' ')}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await answer(line)}\n`);
