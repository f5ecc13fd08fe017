import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { Projector } from '../../src/projection/projector.ts';
import { jsonCodec } from '../../src/projection/state-codec.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';
import { World } from './ways.ts';

class Money {
  readonly cents = 5;
}

describe('jsonCodec', () => {
  test.each([
    ['an object', { a: 1, b: { c: [1, 'x', null, true, { d: 0.5 }] }, '': 0 }],
    ['a string', 'größe \ud800'],
    ['null', null],
    ['false', false],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ])('gives %s back', (_what, state) => {
    expect(jsonCodec.decode(jsonCodec.encode(state))).toEqual(state);
  });

  test('drops properties that are undefined', () => {
    const state = jsonCodec.decode(jsonCodec.encode({ a: undefined, b: 1, '': undefined }));
    expect(Object.keys(state as object)).toEqual(['b']);
  });

  test.each([
    ['a bigint', { total: 5n }, /the property 'total' \(bigint\)/],
    ['a bigint alone', 5n, /the state \(bigint\)/],
    ['NaN', { a: [Number.NaN] }, /the property '0' \(NaN\)/],
    ['infinity', { a: Number.NEGATIVE_INFINITY }, /the property 'a' \(-Infinity\)/],
    ['a function', { a: () => 1 }, /the property 'a' \(function\)/],
    ['a symbol', { a: Symbol('s') }, /the property 'a' \(symbol\)/],
    ['undefined in an array', [1, undefined], /the property '1' \(undefined\)/],
    ['undefined', undefined, /the state \(undefined\)/],
    ['a hole in an array', new Array(1), /the property '0' \(undefined\)/],
    ['a Map', { a: new Map() }, /the property 'a' \(Map\)/],
    ['a Set', new Set(), /the state \(Set\)/],
    ['a Date', { at: new Date(0) }, /the property 'at' \(Date\)/],
    ['bytes', { a: new Uint8Array(2) }, /the property 'a' \(Uint8Array\)/],
    ['a Buffer', { a: Buffer.alloc(2) }, /the property 'a' \(Buffer\)/],
    ['an instance of a class', { price: new Money() }, /the property 'price' \(Money\)/],
    ['an object that converts itself', { a: { toJSON: (): number => 1 } }, /the property 'a' \(Object\)/],
    ['a promise', Promise.resolve(1), /the state \(Promise\)/],
  ])('refuses %s', (_what, state, message) => {
    expect(() => jsonCodec.encode(state)).toThrow(StoreError);
    expect(() => jsonCodec.encode(state)).toThrow(message);
    expect(() => jsonCodec.encode(state)).toThrow(expect.objectContaining({ code: 'STATE_CODEC' }));
  });

  test('does not decode what is no JSON in UTF-8', () => {
    expect(() => jsonCodec.decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow();
    expect(() => jsonCodec.decode(new TextEncoder().encode('{'))).toThrow(SyntaxError);
  });
});

describe('a projection whose state its codec does not take', () => {
  function projecting(state: unknown, codec?: object): () => unknown {
    const world = new World();
    world.log.append('a', 1);
    const projector = new Projector<Change>({ cache: world.cache, source: world.log });
    const projection = {
      name: 'p',
      initial: () => state,
      apply: () => state,
      ...(codec && { codec }),
    } as typeof totals;
    return () => {
      try {
        return projector.project(projection, 'a');
      } finally {
        expect(world.cache.calls.put).toBe(0);
      }
    };
  }

  test('bigint with JSON: an error that says what to do', () => {
    expect(projecting({ total: 5n })).toThrow(
      "JSON cannot hold the property 'total' (bigint): give the projection a codec that can",
    );
  });

  test('a cycle: the error of JSON as the cause', () => {
    const state: { self?: unknown } = {};
    state.self = state;
    expect(projecting(state)).toThrow(expect.objectContaining({ code: 'STATE_CODEC', cause: expect.any(TypeError) }));
  });

  test('a codec that returns no bytes', () => {
    expect(projecting(1, { encode: () => 'text', decode: () => 1 })).toThrow(/must be a Uint8Array; got string/);
  });

  test('a codec that does not decode what it encoded', () => {
    const failure = new Error('no such version');
    const codec = {
      encode: () => Uint8Array.of(1),
      decode: () => {
        throw failure;
      },
    };
    const world = new World();
    world.log.append('a', 1);
    const projector = new Projector<Change>({ cache: world.cache, source: world.log });
    const projection = { ...totals, codec };
    // Each time: a codec that cannot read its own bytes must not pass for a cache that was damaged.
    for (let i = 0; i < 2; i += 1) {
      expect(() => projector.project(projection, 'a')).toThrow(
        expect.objectContaining({ code: 'STATE_CODEC', cause: failure }),
      );
    }
  });
});
