import { join } from 'node:path';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { describeStorage } from './storage-suite.ts';
import { temporaryDirectory } from './temporary-directory.ts';

describeStorage('MemoryStorage', () => ({ storage: new MemoryStorage(), path: 'store' }));
describeStorage('NodeStorage', () => ({ storage: new NodeStorage(), path: join(temporaryDirectory(), 'deep/store') }));
