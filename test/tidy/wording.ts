import type { RepositoryFile } from './repository-files.ts';

/** A word or phrase that the project does not use, and the plain words to write in its place. */
export interface Wording {
  readonly pattern: RegExp;
  readonly instead: string;
  /** A sentence with the phrase, in which `|` splits it, so that the file that holds the example is not found itself. */
  readonly example: string;
}

// Written with a class in each phrase, so that this file does not find itself.
export const wordings: readonly Wording[] = [
  {
    pattern: /\b(?:tol[d]|tell[s])\b/i,
    instead: 'reported, documented, says, shows',
    example: 'An error is not to|ld.',
  },
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) non[e]\b/i,
    instead: 'invalid, not a ..., absent',
    example: 'It refuses a header that is no|ne.',
  },
  { pattern: /\bwhat is n[o]\b/i, instead: 'an invalid ...', example: 'It throws for what is n|o freshness.' },
  {
    pattern: /\bg[i]ves? [^.,:;()]{0,40}\bfree\b/i,
    instead: 'releases the lock',
    example: 'It gi|ves the directory free.',
  },
  { pattern: /\bof lat[e]\b/i, instead: 'recently', example: 'The page used least of la|te goes.' },
  { pattern: /\bfor eve[r]\b/i, instead: 'permanently, always', example: 'It stays for ev|er.' },
  {
    // The exception is a published test vector of XXH32.
    pattern: /\b(?:some|no)bod[y]\b(?! inspects the spammish)/i,
    instead: 'another process, a caller, no caller',
    example: 'Somebo|dy else holds the lock.',
  },
  { pattern: /\bfor (?:him|her)sel[f]\b/i, instead: 'itself, directly', example: 'A reader reads for himse|lf.' },
  { pattern: /\ball the sam[e]\b/i, instead: 'nevertheless', example: 'It is closed all the sa|me.' },
  { pattern: /\bane[w]\b/i, instead: 'again', example: 'It is stamped an|ew.' },
  {
    pattern: /\bclai[m](?:s|ed|ing)?\b/i,
    instead: 'durable offset; acquires, states',
    example: 'The mark clai|ms an offset.',
  },
  {
    pattern: /\bset[s]? (?!\w+ing\b)(?:\w+ ){0,2}aside\b/i,
    instead: 'quarantine',
    example: 'It se|ts the log aside.',
  },
  {
    pattern: /\b(?:giv[e]|gives|gave|given|giving) (?:[^.,:;()]{0,25} )?up\b/i,
    instead: 'release, evict, abandon, stop',
    example: 'The lock is gi|ven up.',
  },
  {
    pattern: /\b(?:g[o]|goes|going|gone|went) on\b(?! (?:the|a|disk)\b)/i,
    instead: 'continue',
    example: 'Writing go|es on.',
  },
  { pattern: /\bat th[e] (?:least|most)\b/i, instead: 'at least, at most', example: 'It has two at th|e most.' },
  { pattern: /\bthe lik[e]\b/i, instead: 'and others', example: 'Logs, images and the li|ke.' },
  { pattern: /\bwithout a wor[d]\b/i, instead: 'silently, abruptly', example: 'The process stops without a wo|rd.' },
  {
    pattern: /\b(?:record hea[d]|head of a recor[d]|head checksu[m])s?\b/i,
    instead: 'header of a record, header checksum',
    example: 'The head of a reco|rd is damaged.',
  },
  {
    pattern: /\bleft-?over[s]?\b/i,
    instead: 'old generations, files of killed processes',
    example: 'Opening removes lefto|vers.',
  },
  {
    pattern: /\bjournal of move[s]\b|\bpending grou[p]s?\b|\bpassenge[r]s?\b/i,
    instead: 'undo log of relocations; insert buffer; caller',
    example: 'The journal of mo|ves is undone.',
  },
  { pattern: /\bmood[s]\b/i, instead: 'noise', example: 'The machine has its moo|ds.' },
  {
    pattern: /\b(?:take[n]|pass(?:es)?) for\b/i,
    instead: 'mistaken for, counts as',
    example: 'Damage must not pa|ss for a crash.',
  },
  {
    pattern: /\bunder (?:the|its|their|his) (?:fee[t]|hand[s])\b/i,
    instead: 'while it is open, during the call',
    example: 'The file is removed under its fe|et.',
  },
];

/** Each place of one of the phrases, also across the lines of a comment, and the plain words to write there. */
export function wordingFaults(files: readonly RepositoryFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    wordings.flatMap(({ pattern, instead }) =>
      [...text.matchAll(acrossLines(pattern))].map(({ 0: found, index }) => {
        const line = text.slice(0, index).split('\n').length;
        return `${path}:${line}: "${found.replace(/\s*\n[\s*/]*/g, ' ')}"; write: ${instead}`;
      }),
    ),
  );
}

/** The pattern with each space as any space or line break, with the margin of a comment after it. */
function acrossLines({ source, flags }: RegExp): RegExp {
  return new RegExp(source.replaceAll(' ', '(?: |\\n[\\s*/]*)'), `${flags}g`);
}
