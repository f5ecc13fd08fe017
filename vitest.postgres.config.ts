import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The tests that need a PostgreSQL server: `npm run test:postgres`. Each file starts a server of its own. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/postgres/**/*.server.ts'],
    globalSetup: 'test/postgres/server-check.ts',
    maxWorkers: '100%',
    reporters: [['default', { summary: false }]],
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});

export default config;
