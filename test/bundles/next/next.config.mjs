import { join } from 'node:path';

// The folder with node_modules, in which the script of this repository builds the application.
const root = join(import.meta.dirname, '../..');

export default { output: 'standalone', outputFileTracingRoot: root, turbopack: { root } };
