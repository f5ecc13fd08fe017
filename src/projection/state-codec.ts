import { kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import { assertExact, withoutUndefined } from './json-exactness.ts';

/**
 * Turns states into bytes and back. What comes back must fold on like what went in: `apply` sees the one in the middle of a
 * replay and the other after a hit. What `decode` throws makes a cached state unusable: it is folded again.
 */
export interface StateCodec<State> {
  /**
   * The same bytes for the same state; they are copied at once, so that their buffer may be used again. What it throws
   * reaches the caller as `STATE_CODEC`; nothing is cached.
   */
  encode(state: State): Uint8Array;
  /** The bytes are the decoder's own, at the start of a buffer that has no others: the state may keep them. */
  decode(bytes: Uint8Array): State;
  /**
   * For a codec that leaves something out, as `jsonCodec({ dropUndefined: true })` does: the state without it. Called with
   * what `apply` returns, so that events are folded onto the same state whether it was cached or not. Must not change its
   * argument.
   */
  normalize?(state: State): State;
}

/** How `jsonCodec` treats what JSON does not carry. */
export interface JsonCodecOptions {
  /**
   * Whether properties that are `undefined` are left out, also while events are folded; default false, which refuses them.
   * True costs a walk over the state for each event.
   */
  readonly dropUndefined?: boolean;
}

/** Longer UTF-8 makes no string in V8, whatever characters it has: it could be written and not be read. */
const UTF8_BYTES_MAX: number = 2 ** 29 - 24;

const encoder = new TextEncoder();
// Drops a byte-order mark in front, which no JSON begins with; to keep it takes Node three times as long.
const decoder = new TextDecoder('utf-8', { fatal: true });

const exact = createCodec(false);
const dropping = createCodec(true);

/**
 * The codec of projections that name none. It takes a state exactly or refuses it with `STATE_CODEC` and the path of what
 * JSON would change. Exact are null, booleans, strings, finite numbers but -0, and plain objects and arrays of these, each
 * in one place. Frozen ones come back unfrozen. Throws `TypeError` for options.
 */
export function jsonCodec<State>(options: JsonCodecOptions = {}): StateCodec<State> {
  const { dropUndefined = false, ...unknown } = options;
  const [surplus] = Object.keys(unknown);
  if (surplus !== undefined) throw new TypeError(`jsonCodec has no option '${surplus}'`);
  if (typeof dropUndefined !== 'boolean') {
    throw new TypeError(`dropUndefined must be a boolean; got ${kindOf(dropUndefined)}`);
  }
  return (dropUndefined ? dropping : exact) as StateCodec<State>;
}

/** Whether a codec reads the bytes it decodes and neither keeps nor changes them: such need no copy. */
export function onlyReads(codec: object): boolean {
  return codec === exact || codec === dropping;
}

/** The JSON of a state in UTF-8. Throws `STATE_CODEC` for more bytes than could be decoded. */
export function encodeJson(state: unknown, bytesMax: number = UTF8_BYTES_MAX): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(state));
  if (bytes.length <= bytesMax) return bytes;
  throw new StoreError(
    'STATE_CODEC',
    `the state is ${bytes.length} bytes of JSON: more than ${bytesMax} make no string`,
  );
}

function createCodec(dropsUndefined: boolean): StateCodec<unknown> {
  return Object.freeze({
    encode(state: unknown): Uint8Array {
      assertExact(state, dropsUndefined);
      return encodeJson(state);
    },
    decode: (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes)),
    ...(dropsUndefined ? { normalize: withoutUndefined } : {}),
  });
}
