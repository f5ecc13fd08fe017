import { expect } from 'vitest';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export class VerifyCommand implements StoreCommand {
  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const report = real.store.verify();
    expect(report).toMatchObject({ ok: true, entries: model.history.current.size, entriesDamaged: 0, damaged: [] });
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return 'verify';
  }
}
