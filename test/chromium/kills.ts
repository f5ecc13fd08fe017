import type { Tab } from './browser.ts';
import type { CheckContext } from './checks.ts';

type Way = 'reload' | 'kill the renderer' | 'close the tab' | 'kill the browser';

/** The browser itself is killed once in so many rounds, as starting it takes long. */
const BROWSER_KILL_EVERY = 8;
const WRITING_MS_MAX = 700;

/** Interrupts a worker that writes, again and again, in every way. Each time everything that a sync covered must be there. */
export async function killsAndReloads({ browser, seed, seconds }: CheckContext): Promise<string> {
  const counts = new Map<Way, number>();
  const end = performance.now() + seconds * 1000;
  let stands = 0;
  let synced = 0;
  let slowestMs = 0;
  const openTab = async (): Promise<Tab> => {
    const opened = await browser.open();
    await opened.page.exposeFunction('report', (operation: number) => {
      synced = Math.max(synced, operation);
    });
    return opened;
  };
  let tab = await openTab();
  const interrupt = async (way: Way): Promise<void> => {
    if (way === 'reload') await tab.reload();
    if (way === 'close the tab') await tab.close();
    if (way === 'kill the browser') await browser.killAndRestart();
    if (way === 'kill the renderer') {
      const crashed = new Promise((resolve) => tab.page.once('error', resolve));
      await browser.killRenderers();
      await crashed;
      await tab.close();
    }
    if (way !== 'reload') tab = await openTab();
  };
  for (let round = 0; performance.now() < end; round += 1) {
    const way = wayOf(round);
    const writing = tab.run('write', seed, stands + 1).then(
      () => new Error('the writer ended by itself'),
      (error: unknown) => error as Error,
    );
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * WRITING_MS_MAX));
    await interrupt(way);
    const { message } = await writing;
    if (!/context was destroyed|Target closed|crashed|detached|closed|Session/i.test(message)) throw new Error(message);
    const found = await tab.run<{ number: number; openMs: number }>('check', seed, synced);
    stands = found.number;
    synced = stands;
    slowestMs = Math.max(slowestMs, found.openMs);
    counts.set(way, (counts.get(way) ?? 0) + 1);
  }
  await tab.run('remove', 'writes');
  await tab.close();
  const rounds = [...counts].map(([way, count]) => `${count} x ${way}`).join(', ');
  return `${rounds}; ${stands} operations; the slowest opening took ${slowestMs.toFixed(0)} ms`;
}

function wayOf(round: number): Way {
  if (round % BROWSER_KILL_EVERY === BROWSER_KILL_EVERY - 1) return 'kill the browser';
  return (['reload', 'kill the renderer', 'close the tab'] as const)[round % 3] as Way;
}
