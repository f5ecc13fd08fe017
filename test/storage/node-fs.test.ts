import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';

const NO_FILES = expect.objectContaining({
  code: 'IO',
  message: 'this runtime has no file system: pass `storage`, such as new MemoryStorage()',
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a runtime without files', () => {
  // `setTimeout` and others read `process` too, so the stubs are active for one expression only.
  function whileProcessIs(process: unknown, action: () => unknown): void {
    vi.stubGlobal('process', process);
    try {
      action();
    } finally {
      vi.unstubAllGlobals();
    }
  }

  test.each<[string, unknown]>([
    ['no process', undefined],
    ['a process without modules', {}],
    ['a process without such a module', { getBuiltinModule: () => undefined }],
  ])('%s: the message says what to pass instead', (_name, process) => {
    let failure: unknown;
    whileProcessIs(process, () => {
      try {
        new NodeStorage();
      } catch (error) {
        failure = error;
      }
    });
    expect(failure).toEqual(NO_FILES);
  });
});

describe('a nonce', () => {
  test('is 32 hexadecimal digits, different each time', () => {
    const { nonce } = nodePlatform();
    const nonces = new Set(Array.from({ length: 100 }, nonce));
    expect(nonces.size).toBe(100);
    for (const each of nonces) expect(each).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a pause', () => {
  test('blocks the thread for the given time', () => {
    const begin = performance.now();
    nodePlatform().pause(20);
    expect(performance.now() - begin).toBeGreaterThan(18);
  });

  test('does nothing if the thread must not block', () => {
    const refused = (): never => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    };
    vi.spyOn(Atomics, 'wait').mockImplementation(refused);
    nodePlatform().pause(1);
    vi.restoreAllMocks();
  });
});
