/** An application that is built with each bundler. */
export interface Application {
  /** Its file in the folder `applications`, without the ending. */
  readonly name: string;
  readonly target: 'node' | 'browser';
  /** What it prints, or leaves in `globalThis.answer`. */
  readonly answer: string;
  /** The parts of the package that it must not carry: beginnings of the paths of modules. */
  readonly without: readonly string[];
  /** The bound on its size, minified and compressed, in bytes; `undefined`: none. */
  readonly gzipBytesMax?: number;
  /** What its size should be, in kB of 1,000 bytes. A miss is reported and is no failure. */
  readonly targetKb?: number;
}

export const applications: readonly Application[] = [
  {
    name: 'codec',
    target: 'browser',
    answer: '507 1042',
    // A module with side effects would be among them.
    without: ['dist/testing/', 'dist/projection/', 'dist/cache/', 'dist/store/', 'dist/storage/', 'dist/log/'],
    gzipBytesMax: 2_500,
  },
  {
    name: 'log-cache',
    target: 'node',
    answer: '507 1042 true',
    without: ['dist/testing/', 'dist/projection/'],
    targetKb: 26,
  },
  {
    name: 'memory',
    target: 'browser',
    answer: '507 1042 true',
    without: ['dist/testing/', 'dist/projection/', 'dist/storage/node-'],
    targetKb: 22,
  },
  {
    name: 'projector',
    target: 'browser',
    answer: '6 replay, 10 delta',
    without: ['dist/testing/', 'dist/storage/node-'],
  },
  { name: 'everything', target: 'node', answer: 'everything', without: ['dist/testing/'] },
];
