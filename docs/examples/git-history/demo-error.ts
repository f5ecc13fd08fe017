/** An error that the user can fix. Its message names the cause and the remedy, so it is shown without a stack. */
export class DemoError extends Error {
  override readonly name: string = 'DemoError';
}
