import { isBytes, kindOf } from './argument.ts';

/** How many causes of an error are kept: a chain of causes may be endless. */
const CAUSES_MAX = 8;

/**
 * Makes an object safe for `JSON.stringify`, which otherwise throws on a bigint and writes an `Error` as `{}`. Sequences and
 * other bigints become decimal text, microseconds (fields that end in `Us`) numbers, bytes hexadecimal digits, and errors
 * objects with `name`, `message`, `code` and `cause`. The object itself does not change: its `toJSON` is not enumerable.
 */
export function withJsonForm<Value extends object>(value: Value): Value {
  return Object.defineProperty(value, 'toJSON', { value: () => jsonForm(value), enumerable: false });
}

/** The fields of an object as `withJsonForm` describes them. */
function jsonForm(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fieldForm(name, field)]));
}

function fieldForm(name: string, value: unknown): unknown {
  if (name === 'error') return failureForm(value);
  if (name === 'state') return stateForm(value);
  if (typeof value === 'bigint') return name.endsWith('Us') ? microseconds(value) : String(value);
  if (isBytes(value)) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value)) return value.map((item) => fieldForm('', item));
  return typeof value === 'object' && value !== null ? jsonForm(value) : value;
}

/** A state of the user, whose field names mean nothing here. What JSON can write, such as a `Date`, stays as it is. */
function stateForm(state: unknown): unknown {
  if (typeof state === 'bigint') return String(state);
  if (Array.isArray(state)) return state.map(stateForm);
  if (typeof state !== 'object' || state === null || Object.getPrototypeOf(state) !== Object.prototype) return state;
  if (typeof (state as { toJSON?: unknown }).toJSON === 'function') return state;
  return Object.fromEntries(Object.entries(state).map(([name, field]) => [name, stateForm(field)]));
}

/** The form of an error, or of anything else that was thrown. */
export function failureForm(failure: unknown, causesMax: number = CAUSES_MAX): unknown {
  if (failure === null || failure === undefined || typeof failure === 'boolean') return failure;
  if (typeof failure === 'string' || typeof failure === 'number') return failure;
  if (!isError(failure)) return typeof failure === 'bigint' ? String(failure) : `(${kindOf(failure)})`;
  const { name, message, code, cause, stream, projection, eventsRead } = failure;
  return {
    name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof stream === 'string' ? { stream } : {}),
    ...(typeof projection === 'string' ? { projection } : {}),
    ...(typeof eventsRead === 'number' ? { eventsRead } : {}),
    ...(cause === undefined || causesMax === 0 ? {} : { cause: failureForm(cause, causesMax - 1) }),
  };
}

/** The fields of a `StoreError`, and the code of an error of the platform. */
type FieldName = 'code' | 'stream' | 'projection' | 'eventsRead';

/** Whether it is an error, of any realm. */
function isError(value: unknown): value is Error & Readonly<Partial<Record<FieldName, unknown>>> {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** A number, if it holds the time exactly: it does for every time until the year 2255. */
function microseconds(timeUs: bigint): number | string {
  const asNumber = Number(timeUs);
  return Number.isSafeInteger(asNumber) ? asNumber : String(timeUs);
}
