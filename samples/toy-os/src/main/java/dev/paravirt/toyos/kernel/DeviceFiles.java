// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.fat32.FileStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The directory {@code /dev}: files that are none. It hides a directory of that name on the disk. */
final class DeviceFiles {
    static final String DIRECTORY = "/dev";

    private static final String NULL = "null";
    private static final String ZERO = "zero";
    private static final String SCRATCH = "scratch";

    private final @Nullable ScratchDisk scratch;
    private final KernelLock lock;

    /** @param lock of the scratch disk */
    DeviceFiles(@Nullable ScratchDisk scratch, KernelLock lock) {
        this.scratch = scratch;
        this.lock = lock;
    }

    /** Whether a path, absolute and without dots, is in here. */
    static boolean contains(String path) {
        return path.equals(DIRECTORY) || path.startsWith(DIRECTORY + "/");
    }

    /** @return null if there is no such file */
    @Nullable
    FileStatus stat(String path) {
        if (path.equals(DIRECTORY)) {
            return new FileStatus("dev", true, true, 0, 0, 0);
        }
        for (FileStatus file : list()) {
            if (path.equals(DIRECTORY + "/" + file.name())) {
                return file;
            }
        }
        return null;
    }

    List<FileStatus> list() {
        List<FileStatus> files = new ArrayList<>();
        files.add(new FileStatus(NULL, false, false, 0, 0, 0));
        files.add(new FileStatus(ZERO, false, true, 0, 0, 0));
        ScratchDisk disk = scratch;
        if (disk != null) {
            files.add(new FileStatus(SCRATCH, false, disk.volume().readOnly(), DiskFile.size(disk), 0, 0));
        }
        return files;
    }

    /** @return null if there is no such file */
    @Nullable
    OpenDescriptor open(String path) {
        ScratchDisk disk = scratch;
        return switch (path.substring(Math.min(path.length(), DIRECTORY.length() + 1))) {
            case "" -> new OpenDescriptor.Directory(list());
            case NULL -> new Null();
            case ZERO -> new Zero();
            case SCRATCH -> disk == null ? null : new DiskFile(disk, lock);
            default -> null;
        };
    }

    /** Takes everything and has nothing. */
    static final class Null extends OpenDescriptor {
        @Override
        int read(byte[] destination, int start, int length) {
            return 0;
        }

        @Override
        void write(byte[] source, int start, int length) {}
    }

    /** Zeroes without end. */
    static final class Zero extends OpenDescriptor {
        @Override
        int read(byte[] destination, int start, int length) {
            Arrays.fill(destination, start, start + length, (byte) 0);
            return length;
        }
    }
}
