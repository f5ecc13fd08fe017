import { isBytes, kindOf } from './argument.ts';

/** How many causes of an error are kept: a chain of causes may be endless. */
const CAUSES_MAX = 8;

/** The form of a field, by its name and value. */
type FieldForm = (name: string, value: unknown) => unknown;

/**
 * Gives an object a form for `JSON.stringify`, which writes an `Error` as `{}`: bytes become hexadecimal digits, and errors
 * objects with `name`, `message`, `code` and `cause`, unless `formOf` has another form. The object itself does not change: its
 * `toJSON` is not enumerable.
 */
export function withJsonForm<Value extends object>(value: Value, formOf: FieldForm = fieldForm): Value {
  return Object.defineProperty(value, 'toJSON', { value: () => jsonForm(value, formOf), enumerable: false });
}

/** The form of a field as `withJsonForm` describes it; `formOf` is that of the fields in it. */
export function fieldForm(name: string, value: unknown, formOf: FieldForm = fieldForm): unknown {
  if (name === 'error') return failureForm(value);
  if (isBytes(value)) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value)) return value.map((item) => formOf('', item));
  return typeof value === 'object' && value !== null ? jsonForm(value, formOf) : value;
}

function jsonForm(value: object, formOf: FieldForm): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, formOf(name, field)]));
}

/** The form of an error, or of anything else that was thrown. */
export function failureForm(failure: unknown, causesMax: number = CAUSES_MAX): unknown {
  if (failure === null || failure === undefined || typeof failure === 'boolean') return failure;
  if (typeof failure === 'string' || typeof failure === 'number') return failure;
  if (!isError(failure)) return typeof failure === 'bigint' ? String(failure) : `(${kindOf(failure)})`;
  const { name, message, cause } = failure;
  const form: { [field: string]: unknown; cause?: unknown } = { name, message };
  for (const [field, type] of Object.entries(FIELDS)) {
    const value = failure[field as keyof typeof FIELDS];
    if (typeof value === type) form[field] = value;
  }
  if (cause !== undefined && causesMax > 0) form.cause = failureForm(cause, causesMax - 1);
  return form;
}

/** The fields of a `StoreError`, and the code of an error of the platform, with their types. */
const FIELDS = { code: 'string', stream: 'string', projection: 'string', eventsRead: 'number' };

/** Whether it is an error, of any realm. */
function isError(value: unknown): value is Error & Readonly<Partial<Record<keyof typeof FIELDS, unknown>>> {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}
