/** Installs what the comparison needs, checks its types, and runs it. */
import { fileURLToPath } from 'node:url';
import { chromiumPath, INSTALL_CHROMIUM } from '../../test/chromium/chromium-path.ts';
import { runScript } from '../../test/scripts/script-arguments.ts';
import { run, SeparatePackage } from '../separate-package.ts';
import { usage } from './browser-arguments.ts';

const typescript: string = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const peers: SeparatePackage = new SeparatePackage('bench/browser');

await runScript(usage, () => {
  if (chromiumPath() === undefined) {
    console.error(INSTALL_CHROMIUM);
    process.exitCode = 1;
    return Promise.resolve();
  }
  new SeparatePackage('test/chromium').install();
  peers.install();
  run(process.execPath, [typescript, '-p', 'bench/browser']);
  run(process.execPath, ['--import', 'tsx', peers.path('main.ts'), ...process.argv.slice(2)]);
  return Promise.resolve();
});
