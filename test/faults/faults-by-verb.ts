import type { DiskVerb, Fault } from '../../src/testing/index.ts';

/** The errnos that an operation of each kind is known to fail with, and other faults that it may meet. */
export const FAULTS_BY_VERB: Readonly<Record<DiskVerb, readonly Fault[]>> = {
  'open-directory': failures('EACCES', 'EROFS', 'ENOTDIR', 'EMFILE'),
  list: failures('EIO', 'EACCES', 'EMFILE', 'ENFILE'),
  open: failures('EMFILE', 'ENFILE', 'EACCES', 'EIO'),
  create: [...failures('ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EMFILE'), { fail: 'EIO', done: 'all' }],
  remove: [...failures('EPERM', 'EBUSY', 'EROFS', 'EIO'), { fail: 'EIO', done: 'all' }],
  'sync-directory': [...failures('EIO', 'EPERM', 'EINVAL', 'EISDIR'), { fail: 'EIO', done: 'all' }],
  lock: failures('EACCES', 'EROFS', 'ENOSPC', 'EIO'),
  'check-lock': failures('EIO', 'EMFILE'),
  unlock: failures('EIO', 'EPERM'),
  read: [...failures('EIO', 'EINTR', 'EAGAIN'), { short: 1 }],
  write: [
    ...failures('ENOSPC', 'EDQUOT', 'EIO', 'EINTR', 'EAGAIN'),
    { short: 0 },
    { short: 1 },
    { short: 33 },
    { fail: 'ENOSPC', done: 13 },
    { fail: 'EIO', done: 'all' },
  ],
  truncate: [...failures('EPERM', 'EBUSY', 'EIO'), { fail: 'EIO', done: 'all' }],
  size: failures('EIO'),
  sync: [
    ...failures('EIO', 'ENOSPC', 'EDQUOT'),
    { fail: 'EIO', done: 'all' },
    { fail: 'EIO', loss: 'marked-clean' },
    { fail: 'EIO', loss: 'dropped' },
  ],
  close: failures('EIO', 'ENOSPC', 'EDQUOT'),
};

function failures(...errnos: readonly string[]): Fault[] {
  return errnos.map((fail) => ({ fail }));
}
