import { attempt } from '../base/attempt.ts';
import type { IndexRebuild } from '../key-index/index-pieces.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { PendingIndex } from '../key-index/pending-index.ts';
import type { FileHeader } from '../log/file-header.ts';
import type { RecordSpan } from '../log/record-format.ts';
import type { RecordReader } from '../log/record-reader.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { IndexImage } from './index-image.ts';

/** The environment in which an image is loaded. */
export interface ImageContext {
  readonly directory: StorageDirectory;
  /** Uniform, unpredictable integers from 0 to 2^32 - 1, for the index. */
  readonly random: () => number;
  /** Called with each failure: without its image the store is the same, it only opens slower. */
  readonly onHousekeepingFailure: (error: unknown) => void;
}

/** What an image states, and its index. */
export interface LoadedImage {
  /** The log was durable up to here when the image was written. */
  readonly durable: number;
  /**
   * The index after `record`, of which only the beginning was read; both `undefined` if the log no longer holds that record or
   * the index cannot be read.
   */
  readonly index: KeyIndex | undefined;
  readonly record: RecordSpan | undefined;
}

/**
 * Loads the image `name` of the log that `reader` reads; `undefined` if there is none or it cannot be used. If the image
 * proves damaged later, `rebuild` builds its index from the log.
 */
export function loadImage(
  context: ImageContext,
  name: string,
  reader: RecordReader,
  header: FileHeader,
  rebuild: IndexRebuild,
): LoadedImage | undefined {
  let file: StorageFile | undefined;
  let loaded: LoadedImage | undefined;
  attempt(() => {
    file = context.directory.open(name, 'read');
    const image = file === undefined ? undefined : IndexImage.open(file, header, context.onHousekeepingFailure);
    if (image !== undefined) loaded = loadedFrom(context, image, reader, rebuild);
  }, context.onHousekeepingFailure);
  // A pending index reads from the file.
  if (loaded?.index === undefined) attempt(() => file?.close(), context.onHousekeepingFailure);
  return loaded;
}

function loadedFrom(
  context: ImageContext,
  image: IndexImage,
  reader: RecordReader,
  rebuild: IndexRebuild,
): LoadedImage {
  const { record, recordChecksum } = image.coverage;
  const durable = record.end;
  const held =
    reader.read(record.offset, false) === 'valid' &&
    reader.next === record.end &&
    reader.headerChecksum() === recordChecksum;
  if (!held) return { durable, index: undefined, record: undefined };
  let index: KeyIndex | undefined;
  // Another version of this package may have written the state.
  attempt(() => (index = PendingIndex.open(image, rebuild, context.random)), context.onHousekeepingFailure);
  return { durable, index, record: index === undefined ? undefined : record };
}
