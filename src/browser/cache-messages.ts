import { failureForm } from '../base/json-form.ts';
import { StoreError, type StoreErrorCode } from '../base/store-error.ts';

/** What both sides understand. Tabs with another version of this package do not share a cache. */
export const PROTOCOL = 1;

/** A `Worker`, a `MessagePort`, or the scope of a dedicated worker: what messages are sent through. */
export interface CachePort {
  /** Sends a message; the buffers in `transfer` move with it. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Calls `listener` for each message, and for errors where the port has them. */
  addEventListener(type: 'message' | 'error', listener: (event: unknown) => void): void;
  /** Starts the delivery of messages; only a `MessagePort` has it. */
  start?(): void;
}

/** The calls of a cache, by name. */
export type CacheVerb = 'get' | 'put' | 'deletePrefix' | 'sync' | 'close';

/** One call of a page. */
export interface CacheCall {
  readonly id: number;
  readonly verb: CacheVerb;
  readonly args: readonly unknown[];
}

/** The answer to a call: a result or a failure. */
export interface CacheAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: unknown;
}

/** What a page sends to its worker. */
export type PageMessage = { readonly kind: 'hello' } | { readonly kind: 'call'; readonly call: CacheCall };

/** What a worker sends to its page. `lock` is held by the worker until it ends. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly lock: string }
  | { readonly kind: 'answer'; readonly answer: CacheAnswer };

/** Marks a message as one of this protocol, so that a worker can have other messages too. */
export function marked<Message extends object>(message: Message): Message & { readonly projectionCache: number } {
  return { ...message, projectionCache: PROTOCOL };
}

/** The message in an event, `undefined` if it belongs to someone else. */
export function messageOf<Message>(event: unknown): Message | undefined {
  const { data } = event as { readonly data?: { readonly projectionCache?: unknown } | null };
  return typeof data === 'object' && data !== null && data.projectionCache === PROTOCOL ? (data as Message) : undefined;
}

/** The buffers of an answer that can be moved instead of copied. */
export function transferOf({ result }: CacheAnswer): ArrayBuffer[] {
  const value = (result as { readonly value?: Uint8Array<ArrayBuffer> } | undefined)?.value;
  return value === undefined ? [] : [value.buffer];
}

/** An error as a message: an `Error` that is sent as it is loses its `code`. */
export function failureOf(error: unknown): unknown {
  return failureForm(error);
}

interface FailureFields {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly cause?: unknown;
}

/** The error of a message, of the same class, with its code and its causes. */
export function errorOf(failure: unknown): Error {
  if (typeof failure !== 'object' || failure === null) return new Error(String(failure));
  const { name = 'Error', message = '', code, cause } = failure as FailureFields;
  const options = cause === undefined ? {} : { cause: errorOf(cause) };
  if (name === 'StoreError') return new StoreError(code as StoreErrorCode, message, options);
  if (name === 'TypeError') return new TypeError(message, options);
  if (name === 'RangeError') return new RangeError(message, options);
  return Object.assign(new Error(message, options), { name }, code === undefined ? {} : { code });
}
