import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Folders whose tests are fast and run the sources as they are: no sweeps, no processes, no engines built from text. */
const FOLDERS =
  'base,cache,conformance,contract,golden,image,key-index,log,projection,regression,storage,store,testing';

/** The tests of `npm run test:mutation`: those named on its command line, or all that are fast. */
const named: readonly string[] = (process.env['MUTATION_TESTS'] ?? '').split(',').filter((path) => path !== '');

const config: ViteUserConfig = defineConfig({
  test: {
    include: named.length > 0 ? [...named] : [`test/{${FOLDERS}}/**/*.test.ts`, 'props/**/*.test.ts'],
    testTimeout: 60_000,
    // A change is switched on within loaded modules, so the files can share them.
    isolate: false,
  },
});

export default config;
