import { describe, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { projectionCacheSuite } from './projection-cache-suite.ts';

projectionCacheSuite({ name: 'NoCache', open: () => new NoCache(), describe, test });
