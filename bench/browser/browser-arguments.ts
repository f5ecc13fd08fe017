import type { ScriptUsage } from '../../test/scripts/script-arguments.ts';

export const usage: ScriptUsage = {
  command: 'npm run bench:browser',
  about:
    'Compares the cache in a headless Chromium with IndexedDB, idb-keyval,\nbrowser-level and SQLite (wasm) on the same work, and prints the tables.',
  options: [
    { name: 'entries', meaning: 'how many entries; 0: 20000, then 200000', byDefault: 0, min: 0, max: 10_000_000 },
    { name: 'rounds', meaning: 'how often; medians are shown', byDefault: 1, min: 1, max: 100 },
  ],
};
