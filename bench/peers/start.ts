/**
 * Installs the peers in their folder, builds our store, checks the types of the adapters and starts the comparison on
 * the Node that was installed with them. The arguments are passed on.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run, SeparatePackage } from '../separate-package.ts';

const typescript: string = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const peers: SeparatePackage = new SeparatePackage('bench/peers');

peers.install();
rmSync(peers.path('dist'), { recursive: true, force: true });
run(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--outDir', 'bench/peers/dist']);
run(process.execPath, [typescript, '-p', 'bench/peers']);
run(peers.node, ['--expose-gc', peers.path('main.ts'), ...process.argv.slice(2)]);
