import { serveCache } from '../../../src/browser/index.ts';

serveCache((globalThis as unknown as { readonly name: string }).name);
