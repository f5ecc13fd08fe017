import { fieldForm, withJsonForm } from '../base/json-form.ts';

/**
 * `withJsonForm` for what a projector reports: `JSON.stringify` throws on a bigint. Sequences and other bigints become decimal
 * text, microseconds (fields that end in `Us`) numbers, and bigints in a `state` of the user text, whatever its fields mean.
 */
export function withReportForm<Value extends object>(value: Value): Value {
  return withJsonForm(value, reportFieldForm);
}

function reportFieldForm(name: string, value: unknown): unknown {
  if (name === 'state') return stateForm(value);
  if (typeof value === 'bigint') return name.endsWith('Us') ? microseconds(value) : String(value);
  return fieldForm(name, value, reportFieldForm);
}

/** What JSON can write, such as a `Date`, stays as it is. */
function stateForm(state: unknown): unknown {
  if (typeof state === 'bigint') return String(state);
  if (Array.isArray(state)) return state.map(stateForm);
  if (typeof state !== 'object' || state === null || Object.getPrototypeOf(state) !== Object.prototype) return state;
  if (typeof (state as { toJSON?: unknown }).toJSON === 'function') return state;
  return Object.fromEntries(Object.entries(state).map(([name, field]) => [name, stateForm(field)]));
}

/** A number, if it holds the time exactly: it does for every time until the year 2255. */
function microseconds(timeUs: bigint): number | string {
  const asNumber = Number(timeUs);
  return Number.isSafeInteger(asNumber) ? asNumber : String(timeUs);
}
