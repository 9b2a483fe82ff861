// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.fat32.FatFile;
import dev.paravirt.toyos.fat32.FileStatus;
import java.util.List;

/** What a file descriptor stands for. */
sealed interface OpenDescriptor {
    /** An open file and where reading and writing go on. */
    final class File implements OpenDescriptor {
        final FatFile file;
        final boolean append;
        long position;

        File(FatFile file, boolean append) {
            this.file = file;
            this.append = append;
        }
    }

    /** The entries of a directory as they were when it was opened. */
    final class Directory implements OpenDescriptor {
        private final List<FileStatus> entries;
        private int next;

        Directory(List<FileStatus> entries) {
            this.entries = entries;
        }

        boolean hasNext() {
            return next < entries.size();
        }

        FileStatus peek() {
            return entries.get(next);
        }

        void advance() {
            next++;
        }
    }

    /** Text that goes to the hypervisor. */
    final class Console implements OpenDescriptor {}

    static File file(OpenDescriptor descriptor) throws SystemCallException {
        if (descriptor instanceof File file) {
            return file;
        }
        throw new SystemCallException(descriptor instanceof Directory ? Errno.IS_A_DIRECTORY : Errno.INVALID_ARGUMENT);
    }
}
