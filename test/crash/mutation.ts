import type { LogStore } from '../../src/store/log-store.ts';
import { bodyOf, bytesOf } from './contents.ts';
import type { Step } from './workload.ts';

export type MutationStep = Extract<Step, { readonly kind: 'put' | 'batch' | 'delete' | 'delete-prefix' }>;

/** What a step does to a store, and to the contents that it must have. */
export interface Mutation {
  readonly act: (store: LogStore) => void;
  readonly change: (contents: Map<string, string>) => void;
}

const NO_BYTES = new Uint8Array(0);

export function isMutation(step: Step): step is MutationStep {
  return step.kind === 'put' || step.kind === 'batch' || step.kind === 'delete' || step.kind === 'delete-prefix';
}

/** `operation` numbers the mutations, so that no two bodies are equal. */
export function mutationOf(step: MutationStep, operation: number): Mutation {
  switch (step.kind) {
    case 'put':
      return putting([[step.key, bodyOf(operation, step.length)]], (store, [first]) => {
        if (first !== undefined) store.writer.put(first.key, first.value);
      });
    case 'batch': {
      const puts = step.puts.map(({ key, length }) => [key, bodyOf(operation, length)] as const);
      return putting(puts, (store, stored) => store.writer.putMany(stored));
    }
    case 'delete':
      return {
        act: (store) => store.writer.delete(bytesOf(step.key)),
        change: (contents) => contents.delete(step.key),
      };
    case 'delete-prefix':
      return {
        act: (store) => store.writer.deletePrefix(bytesOf(step.prefix)),
        change: (contents) => {
          for (const key of [...contents.keys()]) if (key.startsWith(step.prefix)) contents.delete(key);
        },
      };
  }
}

type StoredPuts = Parameters<LogStore['writer']['putMany']>[0];

function putting(
  puts: readonly (readonly [string, string])[],
  act: (store: LogStore, stored: StoredPuts) => void,
): Mutation {
  return {
    act: (store) => {
      act(
        store,
        puts.map(([key, body]) => ({ key: bytesOf(key), value: bytesOf(body), trailer: NO_BYTES })),
      );
    },
    change: (contents) => {
      for (const [key, body] of puts) contents.set(key, body);
    },
  };
}
