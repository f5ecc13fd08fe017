import type { ScriptUsage } from '../scripts/script-arguments.ts';

export const usage: ScriptUsage = {
  command: 'npm run test:browser',
  about:
    'Tests projection-cache/browser in a headless Chromium: the conformance suite,\nreloads, kills, tabs, quota, stores that Node wrote.',
  options: [
    { name: 'seconds', meaning: 'how long to reload and kill', byDefault: 10, min: 1, max: 86_400 },
    { name: 'seed', meaning: 'generates the same operations; 0 chooses one', byDefault: 0, min: 0, max: 2 ** 31 },
  ],
};
