import { readImage } from '../image/index-image.ts';
import { type IndexImageSections, KeyIndex } from '../key-index/key-index.ts';
import type { FileHeader } from '../log/file-header.ts';
import type { RecordReader } from '../log/record-reader.ts';
import type { RecordSpan } from '../log/record-span.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { imageName } from './generation-files.ts';
import type { StoreContext } from './store-context.ts';

/** What an image says of the log. */
export interface LoadedImage {
  /** The log was durable up to here when the image was written. */
  readonly claim: number;
  /** The index, and the last record it has seen; `undefined` where the log does not hold that record any more. */
  readonly index: KeyIndex | undefined;
  readonly record: RecordSpan | undefined;
}

/** The index as the image of a log holds it, `undefined` where there is none or it cannot be used. */
export function loadImage(context: StoreContext, reader: RecordReader, header: FileHeader): LoadedImage | undefined {
  let file: StorageFile | undefined;
  try {
    file = context.directory.open(imageName(header.generation), 'read');
    const image = file === undefined ? undefined : readImage(file, header);
    if (image === undefined) return undefined;
    const { record, recordChecksum } = image.coverage;
    const held =
      reader.read(record.offset, false) === 'valid' &&
      reader.next === record.end &&
      reader.headChecksum() === recordChecksum;
    if (!held) return { claim: record.end, index: undefined, record: undefined };
    const index = indexOf(context, image.sections);
    return { claim: record.end, index, record: index === undefined ? undefined : record };
  } catch (error) {
    // Without its image the store is the same.
    context.onHousekeepingFailure(error);
    return undefined;
  } finally {
    closeImage(context, file);
  }
}

/** The index in the sections, `undefined` where another version of this package laid it out. */
function indexOf(context: StoreContext, sections: IndexImageSections): KeyIndex | undefined {
  try {
    return KeyIndex.fromSections(sections, { random: context.random });
  } catch (error) {
    context.onHousekeepingFailure(error);
    return undefined;
  }
}

function closeImage({ onHousekeepingFailure }: StoreContext, file: StorageFile | undefined): void {
  try {
    file?.close();
  } catch (error) {
    onHousekeepingFailure(error);
  }
}
