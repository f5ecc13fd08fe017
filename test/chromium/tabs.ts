import type { Tab } from './browser.ts';
import type { Check, CheckContext } from './checks.ts';
import { assertEqual, assertPassed } from './expectations.ts';
import type { Verdict } from './pages/conformance.ts';

/** What `WorkerCache` promises, with one tab and with several. */
export const workerCacheChecks: readonly Check[] = [
  { name: 'WorkerCache passes the conformance suite', run: ownCache },
  { name: 'WorkerCache passes it through another tab', run: throughAnotherTab },
  { name: 'a projector uses a WorkerCache, also after a reload', run: projections },
  { name: 'mistakes are reported, none hangs', run: mistakes },
  { name: 'the next tab takes over from one that was closed, killed or terminated', run: takeovers },
];

async function ownCache({ browser }: CheckContext): Promise<string> {
  const tab = await browser.open();
  const figures = assertPassed(await tab.run<Verdict>('workerConformance', ''));
  await tab.close();
  return figures;
}

async function throughAnotherTab({ browser }: CheckContext): Promise<string> {
  const [leader, follower] = [await browser.open(), await browser.open()];
  await leader.run('open', 'through');
  const figures = assertPassed(await follower.run<Verdict>('workerConformance', 'through'));
  await follower.close();
  await leader.close();
  return figures;
}

async function projections({ browser }: CheckContext): Promise<string> {
  const tab = await browser.open();
  await tab.run('open', 'projector');
  assertEqual(await tab.run('projectTwice'), ['replay 2000', 'hit 2000'], 'the outcomes');
  await tab.reload();
  await tab.run('open', 'projector');
  assertEqual(await tab.run('projectTwice'), ['hit 2000', 'hit 2000'], 'the outcomes after a reload without a sync');
  await tab.close();
  return '';
}

async function mistakes({ browser }: CheckContext): Promise<string> {
  const tab = await browser.open();
  const script = await tab.run<string>('brokenScript');
  if (!script.startsWith('CACHE_FAILED: the worker of the cache did not start')) throw new Error(script);
  const page = await tab.run<string>('outsideOfAWorker');
  if (!/^IO: .*dedicated workers only/.test(page)) throw new Error(page);
  await tab.run('open', 'mistakes');
  await tab.run('terminate');
  assertEqual(await tab.run('get', 'key'), 'CACHE_FAILED', 'a get of a terminated worker');
  await tab.close();
  return '';
}

const ROUNDS = 9;

/** Tabs that write in turn; the one that has the cache open ends, without a sync. Every acknowledged put must be there. */
async function takeovers({ browser }: CheckContext): Promise<string> {
  let tabs: Tab[] = [];
  for (let count = 0; count < 3; count += 1) {
    const tab = await browser.open();
    await tab.run('open', 'takeovers');
    tabs.push(tab);
  }
  let slowestMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [leader, second, third] = tabs as [Tab, Tab, Tab];
    assertEqual(await second.run('put', 'key', round), 'ok', 'a put');
    assertEqual(await third.run('put', `gone:${round}`, round), 'ok', 'a put');
    assertEqual(await third.run('forget', `gone:${round}`), 1, 'a deletion');
    if (round % 3 === 0) await leader.close();
    if (round % 3 === 1) await leader.crash();
    if (round % 3 === 2) await leader.run('terminate');
    const begun = performance.now();
    let found = 'CACHE_FAILED';
    while (found === 'CACHE_FAILED') found = await third.run<string>('get', 'key');
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    assertEqual(found, `${round}`, 'what the next tab finds');
    assertEqual(await second.run('get', `gone:${round}`), 'miss', 'what was deleted');
    if (round % 3 === 2) await leader.close();
    const next = await browser.open();
    await next.run('open', 'takeovers');
    tabs = [second, third, next];
  }
  for (const tab of tabs) await tab.close();
  return `${ROUNDS} takeovers; the slowest answer took ${slowestMs.toFixed(0)} ms`;
}
