import { attempt } from '../base/attempt.ts';
import { KeyIndex } from '../key-index/key-index.ts';
import type { FileHeader } from '../log/file-header.ts';
import type { RecordSpan } from '../log/record-format.ts';
import type { RecordReader } from '../log/record-reader.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { type IndexImage, readImage } from './index-image.ts';

/** The environment in which an image is loaded. */
export interface ImageContext {
  readonly directory: StorageDirectory;
  /** Uniform, unpredictable integers from 0 to 2^32 - 1, for the index. */
  readonly random: () => number;
  /** Called with each failure: without its image the store is the same, it only opens slower. */
  readonly onHousekeepingFailure: (error: unknown) => void;
}

/** The contents of an image. */
export interface LoadedImage {
  /** The log was durable up to here when the image was written. */
  readonly durable: number;
  /** The index after `record`; both `undefined` if the log no longer holds that record or the index cannot be read. */
  readonly index: KeyIndex | undefined;
  readonly record: RecordSpan | undefined;
}

/** Loads the image `name` of the log that `reader` reads; `undefined` if there is none or it cannot be used. */
export function loadImage(
  context: ImageContext,
  name: string,
  reader: RecordReader,
  header: FileHeader,
): LoadedImage | undefined {
  let file: StorageFile | undefined;
  let loaded: LoadedImage | undefined;
  attempt(() => {
    file = context.directory.open(name, 'read');
    const image = file === undefined ? undefined : readImage(file, header);
    if (image !== undefined) loaded = loadedFrom(context, image, reader);
  }, context.onHousekeepingFailure);
  attempt(() => file?.close(), context.onHousekeepingFailure);
  return loaded;
}

function loadedFrom(context: ImageContext, { coverage, sections }: IndexImage, reader: RecordReader): LoadedImage {
  const { record, recordChecksum } = coverage;
  const durable = record.end;
  const held =
    reader.read(record.offset, false) === 'valid' &&
    reader.next === record.end &&
    reader.headerChecksum() === recordChecksum;
  if (!held) return { durable, index: undefined, record: undefined };
  let index: KeyIndex | undefined;
  // Another version of this package may have written the sections.
  attempt(() => (index = KeyIndex.fromSections(sections, context.random)), context.onHousekeepingFailure);
  return { durable, index, record: index === undefined ? undefined : record };
}
