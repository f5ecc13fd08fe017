import { metaBytes } from '../../contract/meta-codec.ts';
import { FILE_HEADER_BYTES, FORMAT_VERSION } from '../../log/file-header.ts';
import { RECORD_ALIGNMENT } from '../../log/record-format.ts';
import { type ListedLog, type ListedRecord, walkLog } from '../../store/log-listing.ts';
import type { Command, CommandCall } from '../command.ts';
import { CommandFailure, ExitCode, UsageError } from '../exit-codes.ts';
import { keyForm, keyText } from '../key-text.ts';
import { bytesText, countText } from '../number-text.ts';
import { contentsWithLogs, type DirectoryContents } from '../store-directory.ts';

const OFFSET_WIDTH = 12;
const BYTES_WIDTH = 9;
const KIND_WIDTH = 13;
const VERDICT_WIDTH = 9;
const LIMIT_MAX = 2 ** 31;

export const logCommand: Command = {
  name: 'log',
  summary: 'Lists every record of the log, also of a store that does not open.',
  operands: ['DIR'],
  options: [
    { name: 'generation', value: 'N', text: 'this generation only' },
    { name: 'from', value: 'OFFSET', text: 'begin at this byte, a multiple of 8; default 32, behind the file header' },
    { name: 'limit', value: 'N', text: 'at most N records of each log' },
    { name: 'damage', text: 'only what is not valid' },
    { name: 'json', text: 'one JSON object a line: {"log": ...} for each file, then its records' },
  ],
  notes:
    'Verdicts: valid; bad-body: the body is damaged, its entry is lost; damaged: no record, although a sync had covered\n' +
    'the bytes; torn: no record, as a crash leaves it; cut-off: valid, behind a torn one. The exit code is 1 for damage.\n' +
    'It takes no lock, and shows what lies there now, also beside a writer.',
  run: listRecords,
};

async function listRecords(call: CommandCall): Promise<number> {
  const { args } = call;
  const from = args.integer('from', FILE_HEADER_BYTES) ?? FILE_HEADER_BYTES;
  if (from % RECORD_ALIGNMENT !== 0)
    throw new UsageError(`--from must be a multiple of ${RECORD_ALIGNMENT}, not ${from}`);
  const generation = args.integer('generation', 1);
  const contents = contentsWithLogs(args.directory);
  const logs = contents.logs.filter((log) => generation === undefined || log.generation === generation);
  if (logs.length === 0) {
    throw new CommandFailure(ExitCode.notFound, `there is no log of generation ${generation} in ${contents.path}`);
  }
  let isDamaged = false;
  for (const log of logs) isDamaged = (await listLog(call, contents, log, from)) || isDamaged;
  return isDamaged ? ExitCode.notFound : ExitCode.done;
}

/** Returns whether anything in the log is damaged. */
async function listLog(
  call: CommandCall,
  { directory }: DirectoryContents,
  log: ListedLog,
  from: number,
): Promise<boolean> {
  const { args, out } = call;
  const limit = args.integer('limit', 1, LIMIT_MAX) ?? Number.POSITIVE_INFINITY;
  const json = args.flag('json');
  await out.printLine(json ? JSON.stringify({ log: logForm(log) }) : logText(call, log));
  let isDamaged = log.header === undefined && log.bytes > 0;
  let listed = 0;
  for (const record of walkLog(directory, log, from)) {
    call.progress.showBytes(log.name, { doneBytes: record.offset, totalBytes: log.bytes });
    isDamaged ||= record.verdict === 'bad-body' || record.verdict === 'damaged';
    if (record.verdict === 'valid' && args.flag('damage')) continue;
    if (listed === limit) {
      call.progress.clear();
      call.warn(`${log.name}: stopped after ${countText(limit)} records; to continue: --from ${record.offset}`);
      break;
    }
    listed += 1;
    await out.printLine(json ? JSON.stringify(recordForm(record, log)) : recordText(call, record));
  }
  return isDamaged;
}

function isWhole({ durable }: ListedLog): boolean {
  return durable > 0;
}

function logForm(log: ListedLog): object {
  const { name, generation, bytes, header, salt, durable, imageBytes } = log;
  return {
    name,
    generation,
    bytes,
    header: header === undefined ? 'damaged' : 'valid',
    ...(header === undefined ? {} : { version: header.version, headerGeneration: header.generation }),
    ...(salt === undefined ? {} : { salt: hexWord(salt) }),
    whole: isWhole(log),
    durableBytes: durable,
    ...(imageBytes === undefined ? {} : { imageBytes }),
  };
}

function logText({ style }: CommandCall, log: ListedLog): string {
  const { name, generation, bytes, header, salt, durable, imageBytes } = log;
  const parts = [bytesText(bytes)];
  if (header === undefined)
    parts.push(style.bad(bytes === 0 ? 'empty' : 'the file header is damaged, or no log of this package'));
  else parts.push(`format version ${header.version}`);
  if (header !== undefined && header.version > FORMAT_VERSION) {
    parts.push(style.bad(`newer than this package reads (${FORMAT_VERSION}): records may be misread`));
  }
  if (header !== undefined && header.generation !== generation) {
    parts.push(style.bad(`its header says generation ${header.generation}`));
  }
  if (salt !== undefined) parts.push(`salt ${hexWord(salt)}`);
  parts.push(isWhole(log) ? `durable up to ${countText(durable)}` : 'not whole: never used as a store');
  if (imageBytes !== undefined) parts.push(`index image of ${bytesText(imageBytes)}`);
  return `${style.strong(name)}: ${parts.join(', ')}`;
}

function recordForm(record: ListedRecord, { generation }: ListedLog): object {
  const { offset, end, verdict, kind, key, meta, batch, markOffset } = record;
  return {
    generation,
    offset,
    bytes: end - offset,
    verdict,
    ...(kind === undefined ? {} : { kind }),
    ...(key === undefined ? {} : { key: keyForm(key) }),
    ...(kind === 'put' ? { valueBytes: valueBytesOf(record), batchMember: record.isBatchMember } : {}),
    ...(meta === undefined ? {} : { watermark: String(meta.watermark), cachedAtUs: String(meta.cachedAtUs) }),
    ...(batch === undefined ? {} : { batchRecords: batch.records, batchBytes: batch.bytes }),
    ...(markOffset === undefined ? {} : { durableUpTo: markOffset }),
  };
}

function recordText({ style }: CommandCall, record: ListedRecord): string {
  const { offset, end, verdict, kind } = record;
  const shown = verdict.padEnd(VERDICT_WIDTH);
  const columns = [
    countText(offset).padStart(OFFSET_WIDTH),
    countText(end - offset).padStart(BYTES_WIDTH),
    verdict === 'valid' ? style.good(shown) : style.bad(shown),
    (record.isBatchMember ? 'put in batch' : KIND_TEXTS[kind ?? 'none']).padEnd(KIND_WIDTH),
    detailsOf(record),
  ];
  return columns.join('  ').trimEnd();
}

const KIND_TEXTS: Readonly<Record<NonNullable<ListedRecord['kind']> | 'none', string>> = {
  put: 'put',
  delete: 'delete',
  deletePrefix: 'delete prefix',
  batch: 'batch',
  mark: 'mark',
  complete: 'complete',
  none: '',
};

function detailsOf(record: ListedRecord): string {
  const { kind, key, meta, batch, markOffset } = record;
  if (markOffset !== undefined) return `durable up to ${countText(markOffset)}`;
  if (batch !== undefined) return `of ${countText(batch.records)} records, ${countText(batch.bytes)} bytes`;
  if (kind === 'complete') return 'the generation is whole';
  if (key === undefined) return '';
  if (kind !== 'put') return keyText(key);
  const value = `value ${countText(valueBytesOf(record))} bytes`;
  return `${keyText(key)}  (${meta === undefined ? value : `${value}, watermark ${meta.watermark}`})`;
}

function valueBytesOf({ bodyBytes }: ListedRecord): number {
  return Math.max(0, bodyBytes - metaBytes);
}

function hexWord(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, '0')}`;
}
