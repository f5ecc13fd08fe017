/**
 * The tests in a real browser, `npm run test:browser`. Each check prints a line; the first failure ends the run.
 */
import { fileURLToPath } from 'node:url';
import { runScript } from '../scripts/script-arguments.ts';
import { TestBrowser } from './browser.ts';
import { checks } from './checks.ts';
import { usage } from './chromium-arguments.ts';
import { Site } from './site.ts';

await runScript(usage, async (number) => {
  const seed = number('seed') || 1 + Math.floor(Math.random() * 2 ** 20);
  const site = await Site.start(fileURLToPath(new URL('pages', import.meta.url)), [
    'page',
    'scenario-worker',
    'cache-worker',
  ]);
  const browser = new TestBrowser(site.origin);
  try {
    await browser.start();
    console.log(`${await browser.browser.version()}, seed ${seed}`);
    for (const { name, run } of checks) {
      const begun = performance.now();
      const figures = await run({ browser, origin: site.origin, seed, seconds: number('seconds') });
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(`ok  ${name}${figures === '' ? '' : `: ${figures}`} (${seconds} s)`);
    }
  } finally {
    await browser.close();
    site.close();
  }
});
