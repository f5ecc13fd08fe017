import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { constantImports } from './test/scripts/constant-imports.ts';

const config: ViteUserConfig = defineConfig({
  plugins: [constantImports()],
  test: {
    include: ['test/**/*.test.ts', 'props/**/*.test.ts'],
    // The default leaves one core of two idle.
    maxWorkers: '100%',
    // Loading the modules anew for each of more than 200 files took longer than most of the tests.
    isolate: false,
    // Comparing lists of keys took longer than most of the tests of the index.
    setupFiles: ['test/scripts/equal-bytes.ts'],
    reporters: [['default', { summary: false }]],
    // A limit for what hangs, not a measure of speed: a loaded machine is slow without anything being wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: [['text', { skipFull: true }]],
      thresholds: { lines: 95, statements: 95, functions: 95, branches: 90 },
    },
  },
});

export default config;
