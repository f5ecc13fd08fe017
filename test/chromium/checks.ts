import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogCache } from '../../src/index.ts';
import type { Tab, TestBrowser } from './browser.ts';
import { assertEqual, assertPassed } from './expectations.ts';
import { killsAndReloads } from './kills.ts';
import type { Verdict } from './pages/conformance.ts';
import { workerCacheChecks } from './tabs.ts';

export interface CheckContext {
  readonly browser: TestBrowser;
  readonly origin: string;
  readonly seed: number;
  /** How long to reload and kill. */
  readonly seconds: number;
}

/** One thing that must hold in a browser. It returns figures for its line, and throws if it does not hold. */
export interface Check {
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<string>;
}

export const checks: readonly Check[] = [
  { name: 'LogCache on OpfsStorage passes the conformance suite', run: conformance },
  { name: 'random operations agree with a model', run: property },
  { name: 'the second tab gets LOCKED, and the lock ends with its tab', run: twoTabs },
  { name: 'an exhausted quota refuses puts and loses nothing', run: quota },
  { name: 'a store moves between Node and the browser, byte for byte', run: nodeAndBack },
  { name: 'a private window has a storage of its own, which ends with it', run: privateWindow },
  ...workerCacheChecks,
  { name: 'reloads and kills lose nothing that was synced', run: killsAndReloads },
];

async function inTab<Result>({ browser }: CheckContext, use: (tab: Tab) => Promise<Result>): Promise<Result> {
  const tab = await browser.open();
  try {
    return await use(tab);
  } finally {
    await tab.close();
  }
}

function conformance(context: CheckContext): Promise<string> {
  return inTab(context, async (tab) => assertPassed(await tab.run<Verdict>('conformance')));
}

function property(context: CheckContext): Promise<string> {
  const operations = 4000;
  return inTab(context, async (tab) => {
    const compactions = await tab.run<number>('property', context.seed, operations);
    return `${operations} operations, ${compactions} compactions since the last opening`;
  });
}

async function twoTabs({ browser }: CheckContext): Promise<string> {
  const [first, second] = [await browser.open(), await browser.open()];
  await first.run('hold', 'tabs');
  const refused = await second.run<string>('tryToOpen', 'tabs', 0);
  if (!refused.startsWith('LOCKED: tabs is open in another tab')) throw new Error(refused);
  const waiting = second.run<string>('tryToOpen', 'tabs', 30_000);
  const begun = performance.now();
  await first.close();
  assertEqual(await waiting, '1 entries', 'the second tab finds');
  const waitedMs = performance.now() - begun;
  await second.run('remove', 'tabs');
  await second.close();
  return `open ${waitedMs.toFixed(0)} ms after the first tab was closed`;
}

async function quota(context: CheckContext): Promise<string> {
  return await inTab(context, async (tab) => {
    const session = await tab.page.createCDPSession();
    const setQuota = (quotaSize?: number): Promise<unknown> =>
      session.send('Storage.overrideQuotaForOrigin', {
        origin: context.origin,
        ...(quotaSize === undefined ? {} : { quotaSize }),
      });
    await setQuota(8_000_000);
    const filled = await tab.run<{ accepted: number; error: string; lost: number }>('fill', 'quota');
    if (!/^IO: .*QuotaExceededError.*quota/.test(filled.error))
      throw new Error(`the quota was refused as ${filled.error}`);
    assertEqual(filled.lost, 0, 'accepted entries that cannot be read');
    await setQuota();
    const { before, after } = await tab.run<{ before: number; after: number }>('afterTheQuota', 'quota');
    assertEqual([before, after], [filled.accepted + 1, filled.accepted + 1], 'entries before and after reopening');
    return `${filled.accepted} entries of 50 kB in a quota of 8 MB; ${filled.error}`;
  });
}

type EncodedFiles = readonly (readonly [name: string, base64: string])[];

async function nodeAndBack(context: CheckContext): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-'));
  try {
    const cache = LogCache.open(directory);
    for (let at = 0; at < 2000; at += 1) {
      cache.put(`key:${at}`, new Uint8Array(at).fill(at), { watermark: BigInt(at), cachedAtUs: 0n });
    }
    cache.deletePrefix('key:19');
    const written = describe(cache);
    cache.close();
    const files = readFiles(directory);
    return await inTab(context, async (tab) => {
      await tab.run('importStore', 'moved', files);
      const exported = await tab.run<EncodedFiles>('exportStore', 'moved');
      assertEqual(new Map(exported).size, files.length, 'the number of files');
      for (const [name, bytes] of files) assertEqual(new Map(exported).get(name), bytes, `the bytes of ${name}`);
      assertEqual(await tab.run('describeEntries', 'moved', ''), written, 'the entries in the browser');
      const changed = [...(await tab.run<string[]>('describeEntries', 'moved', 'zebra'))];
      const back = await tab.run<EncodedFiles>('exportStore', 'moved');
      for (const name of readdirSync(directory)) rmSync(join(directory, name));
      for (const [name, bytes] of back) writeFileSync(join(directory, name), Buffer.from(bytes, 'base64'));
      const reopened = LogCache.open(directory);
      assertEqual(describe(reopened), changed, 'the entries in Node');
      assertEqual(reopened.stats().recovery.clean, true, 'a clean opening in Node');
      reopened.close();
      await tab.run('remove', 'moved');
      return `${written.length} entries, ${files.map(([name]) => name).join(' and ')}`;
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function readFiles(directory: string): EncodedFiles {
  return readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString('base64')]);
}

function describe(cache: LogCache): string[] {
  return [...cache.entries()].map(([key, { value, meta }]) => {
    return `${new TextDecoder().decode(key)}=${value.reduce((sum, byte) => sum + byte, 0)}@${meta.watermark}`;
  });
}

async function privateWindow({ browser }: CheckContext): Promise<string> {
  const ordinary = await browser.open();
  await ordinary.run('hold', 'private');
  const hidden = await browser.open({ isPrivate: true });
  assertEqual(await hidden.run('tryToOpen', 'private', 0), '0 entries', 'a private window finds');
  await hidden.run('hold', 'private');
  await hidden.page.browserContext().close();
  const next = await browser.open({ isPrivate: true });
  assertEqual(await next.run('tryToOpen', 'private', 0), '0 entries', 'the next private window finds');
  await next.page.browserContext().close();
  await ordinary.close();
  return '';
}
