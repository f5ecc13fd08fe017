import { StoreError, type StoreErrorCode } from '../base/store-error.ts';

/** What a call of a projector is about. */
export interface ProjectionSubject {
  readonly stream: string;
  readonly projection: { readonly name: string };
}

/** An error of a projector with the stream, the projection and how many events were read before it. */
export function projectionError(
  code: StoreErrorCode,
  message: string,
  { stream, projection }: ProjectionSubject,
  eventsRead: number,
  options: ErrorOptions = {},
): StoreError {
  return new StoreError(code, message, { ...options, stream, projection: projection.name, eventsRead });
}
