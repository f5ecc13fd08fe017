import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The tests that need a PostgreSQL server: `npm run test:postgres`. Each file starts a server of its own. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/postgres/**/*.server.ts'],
    globalSetup: 'test/postgres/server-check.ts',
    maxWorkers: '100%',
    reporters: [['default', { summary: false }]],
    // After a crash of the server, a client may need a timeout for each of its ten connections, and more on a loaded machine.
    expect: { poll: { timeout: 110_000 } },
    testTimeout: 240_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});

export default config;
