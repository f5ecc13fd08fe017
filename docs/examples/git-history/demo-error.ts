/** Something the user can put right. Its message says what is missing and what to do, so it is shown without a stack. */
export class DemoError extends Error {
  override readonly name: string = 'DemoError';
}
