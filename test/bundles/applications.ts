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

/** What belongs to other entry points. */
const neverCarried: readonly string[] = ['dist/testing/', 'dist/postgres/'];

export const applications: readonly Application[] = [
  {
    name: 'codec',
    target: 'browser',
    answer: '507 1042',
    // A module with side effects would be among them.
    without: [
      ...neverCarried,
      ...['dist/projection/', 'dist/tiered/', 'dist/cache/', 'dist/store/', 'dist/storage/', 'dist/log/'],
    ],
    gzipBytesMax: 2_500,
  },
  {
    name: 'log-cache',
    target: 'node',
    answer: '507 1042 true',
    without: [...neverCarried, 'dist/projection/', 'dist/tiered/'],
    // What it has, and a little: growth is noticed here.
    gzipBytesMax: 44_000,
    targetKb: 26,
  },
  {
    name: 'memory',
    target: 'browser',
    answer: '507 1042 true',
    without: [...neverCarried, 'dist/projection/', 'dist/tiered/', 'dist/storage/node-'],
    gzipBytesMax: 38_500,
    targetKb: 22,
  },
  {
    name: 'projector',
    target: 'browser',
    answer: '6 replay, 10 delta',
    without: [...neverCarried, 'dist/tiered/', 'dist/storage/node-'],
  },
  { name: 'everything', target: 'node', answer: 'everything', without: neverCarried },
];
