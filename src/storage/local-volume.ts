import type { NodePlatform } from './node-fs.ts';

/**
 * The `statfs` types of file systems on a block device that one kernel mounts at a time (from the kernel's magic.h).
 */
const LOCAL_VOLUME_TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0xca451a4e, // bcachefs
  0x3153464a, // JFS
]);

/**
 * Whether a directory is on a volume that only this operating system instance can have mounted. `false` if that is
 * unknown.
 */
export function isOnLocalVolume({ fs }: NodePlatform, directory: string): boolean {
  try {
    return LOCAL_VOLUME_TYPES.has(fs.statfsSync(directory).type >>> 0);
  } catch {
    return false;
  }
}
