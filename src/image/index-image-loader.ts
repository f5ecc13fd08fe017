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

/** What the images of a log state, and the index of one of them. */
export interface LoadedImage {
  /** Which of the names the image has. */
  readonly which: number;
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
 * Loads the newest image of the log that `reader` reads, from the files `names`; `undefined` if there is none or it cannot be
 * used. If the image proves damaged later, `rebuild` builds its index from the log.
 */
export function loadImage(
  context: ImageContext,
  names: readonly string[],
  reader: RecordReader,
  header: FileHeader,
  rebuild: IndexRebuild,
): LoadedImage | undefined {
  const images = names.map((name) => openImage(context, name, header));
  const newestFirst = [...images.keys()].sort((left, right) => endOf(images[right]) - endOf(images[left]));
  let loaded: LoadedImage | undefined;
  for (const which of newestFirst) {
    const image = images[which];
    if (image === undefined) continue;
    let index: KeyIndex | undefined;
    if (loaded?.index === undefined) {
      attempt(() => (index = indexOf(context, image, reader, rebuild)), context.onHousekeepingFailure);
      const { record } = image.coverage;
      loaded = { which, durable: loaded?.durable ?? record.end, index, record: index === undefined ? index : record };
    }
    // A pending index reads from the file.
    if (index === undefined) image.close();
  }
  return loaded;
}

function endOf(image: IndexImage | undefined): number {
  return image?.coverage.record.end ?? 0;
}

function openImage(
  { directory, onHousekeepingFailure }: ImageContext,
  name: string,
  header: FileHeader,
): IndexImage | undefined {
  let file: StorageFile | undefined;
  let image: IndexImage | undefined;
  attempt(() => {
    file = directory.open(name, 'read');
    if (file !== undefined) image = IndexImage.open(file, header, onHousekeepingFailure);
  }, onHousekeepingFailure);
  if (image === undefined) attempt(() => file?.close(), onHousekeepingFailure);
  return image;
}

/** `undefined` if the log no longer holds the last record of the image. Another version may have written the state. */
function indexOf(
  { random }: ImageContext,
  image: IndexImage,
  reader: RecordReader,
  rebuild: IndexRebuild,
): KeyIndex | undefined {
  const { record, recordChecksum } = image.coverage;
  const held =
    reader.read(record.offset, false) === 'valid' &&
    reader.next === record.end &&
    reader.headerChecksum() === recordChecksum;
  return held ? PendingIndex.open(image, rebuild, random) : undefined;
}
