import { describe, expect, test } from 'vitest';
import { encodeJson, jsonCodec } from '../../src/projection/json-codec.ts';
import type { StateCodec } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';
import { ProjectorSetup } from './ways.ts';

const codec = jsonCodec<unknown>();

describe('jsonCodec', () => {
  test('does not decode bytes that are not JSON in UTF-8', () => {
    expect(() => codec.decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow();
    expect(() => codec.decode(new TextEncoder().encode('{'))).toThrow(SyntaxError);
  });

  test('restores a text that starts with a byte-order mark', () => {
    expect(codec.decode(codec.encode('\ufeffa'))).toBe('\ufeffa');
  });

  test('refuses undefined properties, and drops them with dropUndefined', () => {
    expect(() => codec.encode({ a: undefined })).toThrow(/JSON cannot hold a \(undefined\)/);
    const dropping = jsonCodec<unknown>({ dropUndefined: true });
    const state = dropping.decode(dropping.encode({ a: undefined, b: 1, '': undefined }));
    expect(Object.keys(state as object)).toEqual(['b']);
    expect(() => dropping.encode([undefined])).toThrow(/JSON cannot hold \[0\] \(undefined\)/);
    expect(() => dropping.encode(undefined)).toThrow(/JSON cannot hold the state \(undefined\)/);
  });

  test('refuses more UTF-8 than fits into a string, before it is cached', () => {
    expect(encodeJson('€€', 8)).toEqual(new TextEncoder().encode('"€€"'));
    const message = 'the state is 8 bytes of JSON: more than 7 cannot be decoded';
    expect(() => encodeJson('€€', 7)).toThrow(expect.objectContaining({ code: 'STATE_CODEC', message }));
  });

  test.each([
    ['an unknown option', { dropUndefind: true }, "jsonCodec has no option 'dropUndefind'"],
    ['no boolean', { dropUndefined: 1 }, 'dropUndefined must be a boolean; got number'],
  ])('refuses %s', (_what, options, message) => {
    expect(() => jsonCodec(options as object)).toThrow(TypeError);
    expect(() => jsonCodec(options as object)).toThrow(message);
  });
});

describe('a projection whose state its codec refuses', () => {
  function projecting(state: unknown, codec?: object): () => unknown {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = new Projector<Change>({ cache: setup.cache, source: setup.log });
    const projection = {
      name: 'p',
      initial: () => 0,
      apply: () => state,
      ...(codec && { codec }),
    } as unknown as typeof totals;
    return () => {
      try {
        return projector.project(projection, 'a');
      } finally {
        expect(setup.cache.calls.put).toBe(0);
      }
    };
  }

  test('bigint with JSON: an error that names the place and the remedy', () => {
    expect(projecting({ lines: [{ total: 5n }] })).toThrow(
      "the codec of 'p' could not encode its state for 'a': JSON cannot hold lines[0].total (bigint): use a codec that can encode it",
    );
  });

  test('a cycle', () => {
    const state: { self?: unknown } = {};
    state.self = state;
    expect(projecting(state)).toThrow(/JSON cannot hold self \(an object that is in the state twice\)/);
  });

  test('an initial state that the codec refuses: the error names `initial`', () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = new Projector<Change>({ cache: setup.cache, source: setup.log });
    const projection = { name: 'p', initial: () => ({ seen: new Set() }), apply: () => ({ seen: new Set() }) };
    expect(() => projector.project(projection, 'a')).toThrow(
      expect.objectContaining({
        code: 'STATE_CODEC',
        message: expect.stringContaining(
          "could not encode what its `initial` returns for 'a': JSON cannot hold seen (Set)",
        ),
      }),
    );
  });

  test('a codec that returns a value that is not bytes', () => {
    expect(projecting(1, { encode: () => 'text', decode: () => 1 })).toThrow(/must be a Uint8Array; got string/);
  });

  test('a codec that cannot decode its own bytes', () => {
    const failure = new Error('no such version');
    const codec = {
      encode: () => Uint8Array.of(1),
      decode: () => {
        throw failure;
      },
    };
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = new Projector<Change>({ cache: setup.cache, source: setup.log });
    const projection = { ...totals, codec };
    // Each time: a codec that cannot read its own bytes must not count as a damaged cache.
    for (let i = 0; i < 2; i += 1) {
      expect(() => projector.project(projection, 'a')).toThrow(
        expect.objectContaining({ code: 'STATE_CODEC', cause: failure }),
      );
    }
    expect([setup.cache.calls.put, projector.stats().undecodable]).toEqual([0, 0]);
  });

  test.each<[string, StateCodec<number>['decode'], RegExp]>([
    ['undefined', () => undefined as unknown as number, /returned undefined, which is no state/],
    ['a promise', () => Promise.reject(new Error('late')) as unknown as number, /`decode` must not be asynchronous/],
  ])('a codec that decodes %s', async (_what, decode, message) => {
    const codec = { encode: (state: number) => Uint8Array.of(state), decode };
    expect(projecting(1, codec)).toThrow(message);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
