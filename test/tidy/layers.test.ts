// Why this test: the engine is read, changed and bundled layer by layer. An import that points upward works today and
// makes the next change of a lower layer a change of everything; only a test prevents it.
import { describe, expect, test } from 'vitest';
import { foreignImports, importCycles, layerFaults } from './import-graph.ts';
import { repositoryFiles } from './repository-files.ts';

const source = repositoryFiles('src', ['.ts']);

describe('src', () => {
  test('is seen by these tests', () => {
    expect(source.map(({ path }) => path)).toContain('src/index.ts');
  });

  test('imports point downward', () => {
    expect(layerFaults(source)).toEqual([]);
  });

  test('imports form no cycle', () => {
    expect(importCycles(source)).toEqual([]);
  });

  test('imports no package, and Node in two files only', () => {
    expect(foreignImports(source)).toEqual([]);
  });
});

describe('layerFaults', () => {
  const faultsOf = (path: string, text: string) => layerFaults([{ path, text }]);

  test.each([
    ['src/log/page.ts', "import { a } from '../storage/a.ts';"],
    ['src/log/page.ts', "import { a } from './record.ts';"],
    ['src/index.ts', "export { a } from './cache/a.ts'; export type { B } from './base/b.ts';"],
    ['src/testing/suite.ts', "import { a } from '../cache/a.ts';"],
    ['src/log/page.ts', "// import { a } from '../store/a.ts';\nconst text = \"import '../store/a.ts'\";"],
  ])('accepts %s: %s', (path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });

  test.each([
    ['src/log/page.ts', "import { a } from '../store/a.ts';", 'store is above log'],
    ['src/log/page.ts', "import type { A } from '../store/a.ts';", 'store is above log'],
    ['src/log/page.ts', "export * from '../store/a.ts';", 'store is above log'],
    ['src/log/page.ts', "const a = await import('../store/a.ts');", 'store is above log'],
    ['src/log/page.ts', "type A = import('../store/a.ts').A;", 'store is above log'],
    ['src/log/page.ts', "import { a } from '../key-index/a.ts';", 'log and key-index are siblings'],
    ['src/key-index/a.ts', "import { a } from '../log/a.ts';", 'key-index and log are siblings'],
    ['src/cache/a.ts', "import { a } from '../index.ts';", 'index.ts is above cache'],
    ['src/testing/a.ts', "import { a } from '../index.ts';", 'testing and index.ts are siblings'],
    ['src/cache/a.ts', "import { a } from '../diagnostics/a.ts';", 'diagnostics is above cache'],
    ['src/index.ts', "import { a } from './cli/main.ts';", 'cli is above index.ts'],
    ['src/log/a.ts', "import { a } from '../../test/a.ts';", 'test/a.ts is not a layer of src'],
    ['src/log/a.ts', "import { a } from '../wal/a.ts';", 'wal is not a layer of src'],
    ['src/wal/a.ts', '', 'folder wal has no layer'],
    ['src/helpers.ts', '', 'folder helpers.ts has no layer'],
  ])('finds in %s: %s', (path, text, fault) => {
    expect(faultsOf(path, text)).toEqual([expect.stringContaining(fault)]);
  });
});

describe('importCycles', () => {
  const file = (name: string, ...targets: string[]) => ({
    path: `src/log/${name}.ts`,
    text: targets.map((target) => `import { ${target} } from './${target}.ts';`).join('\n'),
  });

  test('finds no cycle if two paths lead to one file', () => {
    expect(importCycles([file('a', 'b', 'c'), file('b', 'd'), file('c', 'd'), file('d')])).toEqual([]);
  });

  test('finds a cycle once, from any entry', () => {
    const cycle = ['src/log/b.ts -> src/log/c.ts -> src/log/d.ts -> src/log/b.ts'];
    expect(importCycles([file('a', 'b', 'c'), file('b', 'c'), file('c', 'd'), file('d', 'b')])).toEqual(cycle);
  });

  test('finds a file that imports itself, and a cycle of types', () => {
    expect(importCycles([file('a', 'a')])).toHaveLength(1);
    const types = [
      { path: 'src/log/a.ts', text: "import type { B } from './b.ts';" },
      { path: 'src/log/b.ts', text: "import type { A } from './a.ts';" },
    ];
    expect(importCycles(types)).toHaveLength(1);
  });
});

describe('foreignImports', () => {
  test('allows two files to import Node, and every file to import its types', () => {
    for (const path of ['src/storage/node-fs.ts', 'src/diagnostics/publisher.ts']) {
      expect(foreignImports([{ path, text: "import fs from 'node:fs';" }])).toEqual([]);
    }
    expect(foreignImports([{ path: 'src/log/a.ts', text: "import type { Stats } from 'node:fs';" }])).toEqual([]);
  });

  test('allows the command line its modules of Node, each in its file', () => {
    expect(foreignImports([{ path: 'src/cli/terminal.ts', text: "import fs from 'node:fs';" }])).toEqual([]);
  });

  test.each([
    ['src/log/a.ts', "import fs from 'node:fs';"],
    ['src/log/a.ts', "import { type Stats } from 'node:fs';"],
    ['src/log/a.ts', "import 'node:fs';"],
    ['src/log/a.ts', "import fs from 'fs';"],
    ['src/log/a.ts', "export { readSync } from 'node:fs';"],
    ['src/log/a.ts', "const fs = await import('node:fs');"],
    ['src/log/a.ts', 'const fs = await import(name);'],
    ['src/log/a.ts', "const fs = require('node:fs');"],
    ['src/log/a.ts', "const fs = process.getBuiltinModule('node:fs');"],
    ['src/storage/node-fs.ts', "import lmdb from 'lmdb';"],
    ['src/cli/terminal.ts', "import net from 'node:net';"],
    ['src/cli/commands/get.ts', "import fs from 'node:fs';"],
    ['src/cli/terminal.ts', "import yargs from 'yargs';"],
    ['src/storage/memory-storage.ts', "import os from 'node:os';"],
    ['src/diagnostics/metrics.ts', "import os from 'node:os';"],
  ])('finds in %s: %s', (path, text) => {
    expect(foreignImports([{ path, text }])).toHaveLength(1);
  });
});
