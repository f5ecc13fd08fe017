import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { assertExact, withoutUndefined } from '../../src/projection/json-codec.ts';

class Money {
  readonly cents = 5;
}
class Lines extends Array<number> {}
class Ancestor {
  isPrototypeOf(): boolean {
    return true;
  }
}

const shared = { qty: 1 };
const cyclic: Record<string, unknown> = { name: 'x' };
cyclic['self'] = [cyclic];

const withGetter = {
  cents: 5,
  get double() {
    return this.cents * 2;
  },
};
const hidden = Object.defineProperty({ a: 1 }, 'b', { value: 2 });
const withExtra = Object.assign([1, 2], { index: 0 });
const dateInDisguise = Object.setPrototypeOf(new Date(0), Object.prototype) as object;
const numberInDisguise = Object.setPrototypeOf(new Object(5), Object.prototype) as object;
const bytesInDisguise = Object.setPrototypeOf(new Uint8Array(1), Object.prototype) as object;

describe('a state that JSON preserves', () => {
  test.each<[string, unknown]>([
    ['an object', { a: 1, b: { c: [1, 'x', null, true, { d: 0.5 }] }, '': 0 }],
    ['texts of all kinds', ['größe \ud800', '\ufeff', '', '\0', '\u2028"\\']],
    ['null', null],
    ['false', false],
    ['numbers at the ends', [Number.MAX_VALUE, Number.MIN_VALUE, -1e-7, 2 ** 53 + 2, 0]],
    ['keys that mean something elsewhere', JSON.parse('{"__proto__":{"a":1},"constructor":2,"toJSON":3,"10":4,"9":5}')],
    ['a frozen one', Object.freeze({ a: Object.freeze([1]) })],
    ['one of another realm', runInNewContext('({ a: [1, { b: [] }], c: {} })')],
    ['equal parts in two places', { a: { qty: 1 }, b: { qty: 1 } }],
    ['the same text twice', ['x', 'x']],
  ])('%s', (_what, state) => {
    expect(() => assertExact(state, false)).not.toThrow();
    const back: unknown = JSON.parse(JSON.stringify(state));
    expect(back).toEqual(state);
    expect(JSON.stringify(back)).toBe(JSON.stringify(state));
    expect(withoutUndefined(state)).toBe(state);
  });
});

describe('a state that JSON would change', () => {
  test.each<[string, unknown, string]>([
    ['a bigint', { total: 5n }, 'total (bigint)'],
    ['a bigint alone', 5n, 'the state (bigint)'],
    ['NaN', { a: [Number.NaN] }, 'a[0] (NaN)'],
    ['infinity', { a: Number.NEGATIVE_INFINITY }, 'a (-Infinity)'],
    ['minus zero', { lines: [{ price: -0 }] }, 'lines[0].price (-0)'],
    ['a function', { a: () => 1 }, 'a (function)'],
    ['a symbol', { a: Symbol('s') }, 'a (symbol)'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, 'a[Symbol(s)] (a symbol as its key)'],
    ['undefined', undefined, 'the state (undefined)'],
    ['undefined in an array', [1, undefined], '[1] (undefined)'],
    ['a hole in an array', { a: new Array(2) }, 'a[0] (a hole)'],
    ['a property of an array', { match: withExtra }, 'match.index (a property of an array)'],
    ['what a regular expression finds', { match: /b/.exec('abc') }, 'match.index (a property of an array)'],
    ['an accessor', withGetter, 'double (an accessor)'],
    ['an accessor in an array', [Object.defineProperty([1], 0, { get: () => 1 })], '[0][0] (an accessor)'],
    ['a property that is not enumerable', { a: hidden }, 'a.b (not enumerable)'],
    ['an object twice', { current: shared, all: [shared] }, 'all[0] (an object that is in the state twice)'],
    ['a cycle', cyclic, 'self[0] (an object that is in the state twice)'],
    ['a Map', { 'by id': new Map() }, '["by id"] (Map)'],
    ['a Set', new Set(), 'the state (Set)'],
    ['a Date', { at: new Date(0) }, 'at (Date)'],
    ['a Date in disguise', { at: dateInDisguise }, 'at (Date)'],
    ['a boxed number', { a: new Object(5) }, 'a (Number)'],
    ['a boxed number in disguise', { a: numberInDisguise }, 'a (Number)'],
    ['a boxed text', { a: new Object('x') }, 'a (String)'],
    ['bytes', { a: new Uint8Array(2) }, 'a (Uint8Array)'],
    ['bytes in disguise', { a: bytesInDisguise }, 'a (Object)'],
    ['a Buffer', { a: Buffer.alloc(2) }, 'a (Buffer)'],
    ['Math', { a: Math }, 'a (Math)'],
    ['JSON', { a: JSON }, 'a (JSON)'],
    ['an error', { a: new RangeError('x') }, 'a (RangeError)'],
    ['an instance of a class', { price: new Money() }, 'price (Money)'],
    ['an instance of a class that looks like the end of a chain', { a: new Ancestor() }, 'a (Ancestor)'],
    ['an array of a class', { lines: Lines.of(1) }, 'lines (Lines)'],
    ['an array that inherits from an array', { lines: Object.setPrototypeOf([1], []) }, 'lines (Array)'],
    ['an array that inherits from an object', { lines: Object.setPrototypeOf([1], {}) }, 'lines (Array)'],
    ['an object without a prototype', { counts: Object.create(null) }, 'counts (an object without a prototype)'],
    ['one whose prototype has none', { a: Object.create(Object.create(null)) }, 'a (object)'],
    ['an object of another realm with a class', { a: runInNewContext('new Map()') }, 'a (Map)'],
    ['an object that converts itself', { a: { toJSON: (): number => 1 } }, 'a (an object with a toJSON)'],
    ['a promise', Promise.resolve(1), 'the state (Promise)'],
  ])('%s', (_what, state, where) => {
    const message = `JSON cannot hold ${where}: use a codec that can encode it`;
    for (const check of [() => assertExact(state, false), () => withoutUndefined(state)]) {
      expect(check).toThrow(StoreError);
      expect(check).toThrow(expect.objectContaining({ code: 'STATE_CODEC', message }));
    }
  });

  test('an undefined property', () => {
    const state = { lines: [{ 'left over': undefined }] };
    expect(() => assertExact(state, false)).toThrow('JSON cannot hold lines[0]["left over"] (undefined)');
    expect(() => assertExact(state, true)).not.toThrow();
  });

  test('anything, while Object.prototype has a toJSON', () => {
    Object.defineProperty(Object.prototype, 'toJSON', { value: () => 1, configurable: true });
    try {
      expect(() => assertExact({}, false)).toThrow('JSON cannot hold the state (an object with a toJSON)');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'toJSON');
    }
  });
});

describe('withoutUndefined', () => {
  test('copies only objects with an undefined property', () => {
    const kept = { b: [1, null, 'x'] };
    const state = Object.freeze({ kept, lines: Object.freeze([Object.freeze({ a: 1, b: undefined }), 'y', null]) });
    const pruned = withoutUndefined<unknown>(state) as typeof state;
    expect(Object.keys(pruned.lines[0] as object)).toEqual(['a']);
    expect(pruned).toEqual({ kept: { b: [1, null, 'x'] }, lines: [{ a: 1 }, 'y', null] });
    expect(pruned.kept).toBe(kept);
    expect(Object.keys(state.lines[0] as object)).toEqual(['a', 'b']);
  });

  test('keeps the order of keys, and a key named __proto__', () => {
    const state = JSON.parse('{"z":1,"__proto__":{"a":1},"b":2,"a":3}') as Record<string, unknown>;
    state['b'] = undefined;
    expect(JSON.stringify(withoutUndefined(state))).toBe('{"z":1,"__proto__":{"a":1},"a":3}');
  });
});
