// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What statx says of an open file. */
record FileStatus(int mode, long inode, long size, int blockSize) {
    static FileStatus of(FileDescriptor descriptor, @Nullable Path path) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment statx = local.allocate(Constants.STATX_SIZE_OF_STRUCT, 8);
            int result = Libc.statx(
                    descriptor.number(),
                    local.allocateFrom(""),
                    Constants.AT_EMPTY_PATH,
                    Constants.STATX_BASIC_STATS,
                    statx);
            LinuxException.check(result, "statx", path);
            return new FileStatus(
                    statx.get(ValueLayout.JAVA_SHORT, Constants.STATX_MODE_OFFSET),
                    statx.get(ValueLayout.JAVA_LONG, Constants.STATX_INODE_OFFSET),
                    statx.get(ValueLayout.JAVA_LONG, Constants.STATX_SIZE_OFFSET),
                    statx.get(ValueLayout.JAVA_INT, Constants.STATX_BLOCK_SIZE_OFFSET));
        }
    }

    boolean isRegularFile() {
        return (mode & Constants.S_IFMT) == Constants.S_IFREG;
    }

    boolean isSocket() {
        return (mode & Constants.S_IFMT) == Constants.S_IFSOCK;
    }

    /** What has no file behind it, such as an eventfd, has no type either. */
    boolean isAnonymous() {
        return (mode & Constants.S_IFMT) == 0;
    }

    boolean isBlockDevice() {
        return (mode & Constants.S_IFMT) == Constants.S_IFBLK;
    }
}
