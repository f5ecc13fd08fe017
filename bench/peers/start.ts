/**
 * Installs the peers in their folder, builds our store, checks the types of the adapters and starts the comparison on
 * the Node that was installed with them. The arguments are passed on, after they were checked: a mistake or `--help` is
 * answered before anything is installed.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../bench-arguments.ts';
import { run, SeparatePackage } from '../separate-package.ts';
import { peerNames } from './peer-names.ts';
import { parsePeersArguments, usage } from './peers-arguments.ts';

const typescript: string = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const peers: SeparatePackage = new SeparatePackage('bench/peers');

answerEarly(process.argv.slice(2));
peers.install();
rmSync(peers.path('dist'), { recursive: true, force: true });
run(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--outDir', 'bench/peers/dist']);
run(process.execPath, [typescript, '-p', 'bench/peers']);
run(peers.node, ['--expose-gc', peers.path('main.ts'), ...process.argv.slice(2)]);

/** Ends this process if the arguments ask for help, or contain a mistake. */
function answerEarly(args: readonly string[]): void {
  try {
    if (!parsePeersArguments(args, peerNames).help) return;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
