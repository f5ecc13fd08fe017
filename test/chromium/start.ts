/**
 * Installs what the tests need in their folder, checks their types, and runs them. A mistake on the command line, `--help`
 * and a missing Chromium are answered before anything is installed.
 */
import { fileURLToPath } from 'node:url';
import { run, SeparatePackage } from '../../bench/separate-package.ts';
import { runScript } from '../scripts/script-arguments.ts';
import { usage } from './chromium-arguments.ts';
import { chromiumPath, INSTALL_CHROMIUM } from './chromium-path.ts';

const typescript: string = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const tests: SeparatePackage = new SeparatePackage('test/chromium');

await runScript(usage, () => {
  if (chromiumPath() === undefined) {
    console.error(INSTALL_CHROMIUM);
    process.exitCode = 1;
    return Promise.resolve();
  }
  tests.install();
  run(process.execPath, [typescript, '-p', 'test/chromium']);
  run(process.execPath, ['--import', 'tsx', tests.path('main.ts'), ...process.argv.slice(2)]);
  return Promise.resolve();
});
