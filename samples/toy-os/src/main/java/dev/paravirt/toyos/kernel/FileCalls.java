// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.OpenFlags;
import dev.paravirt.toyos.fat32.Fat32Volume;
import dev.paravirt.toyos.fat32.FatFile;
import dev.paravirt.toyos.fat32.FileStatus;
import dev.paravirt.toyos.fat32.FileSystemException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The system calls on files, each under the lock of the volume. */
final class FileCalls {
    private final Fat32Volume volume;
    private final KernelLock lock;
    private final DeviceFiles devices;

    FileCalls(Fat32Volume volume, KernelLock lock, DeviceFiles devices) {
        this.volume = volume;
        this.lock = lock;
        this.devices = devices;
    }

    long open(Process process, String path, long flags) throws IOException, SystemCallException {
        int number = process.freeDescriptor();
        if (DeviceFiles.contains(path)) {
            OpenDescriptor device = devices.open(path);
            if (device == null) {
                throw new SystemCallException(Errno.NOT_FOUND);
            }
            process.open(number, device);
            return number;
        }
        process.open(number, lock.with(() -> open(path, flags)));
        return number;
    }

    private OpenDescriptor open(String path, long flags) throws IOException {
        FileStatus status = find(path);
        if (status != null && status.directory()) {
            return new OpenDescriptor.Directory(volume.list(path));
        }
        boolean create = status == null && (flags & OpenFlags.CREATE) != 0;
        FatFile file = create ? volume.create(path) : volume.open(path);
        if ((flags & OpenFlags.TRUNCATE) != 0 && file.size() > 0) {
            truncateNew(file);
        }
        return new OpenDescriptor.File(file, (flags & OpenFlags.APPEND) != 0, lock);
    }

    private static void truncateNew(FatFile file) throws IOException {
        try {
            file.truncate(0);
        } catch (IOException failed) {
            file.close();
            throw failed;
        }
    }

    long read(Process process, long fd, long address, long length) throws IOException, SystemCallException {
        int start = process.memory.check(address, length);
        return process.descriptor(fd).read(process.memory.array(), start, (int) length);
    }

    long write(Process process, long fd, long address, long length) throws IOException, SystemCallException {
        int start = process.memory.check(address, length);
        process.descriptor(fd).write(process.memory.array(), start, (int) length);
        return length;
    }

    long seek(Process process, long fd, long position) throws SystemCallException {
        if (position < 0) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        process.descriptor(fd).seek(position);
        return 0;
    }

    long truncate(Process process, long fd, long size) throws IOException, SystemCallException {
        OpenDescriptor.file(process.descriptor(fd)).truncate(size);
        return 0;
    }

    long stat(Process process, String path, long address, long size) throws IOException, SystemCallException {
        return putStatus(process, status(path), address, size);
    }

    private FileStatus status(String path) throws IOException, SystemCallException {
        FileStatus status = DeviceFiles.contains(path) ? devices.stat(path) : lock.with(() -> volume.stat(path));
        if (status == null) {
            throw new SystemCallException(Errno.NOT_FOUND);
        }
        return status;
    }

    long readDirectory(Process process, long fd, long address, long size) throws SystemCallException {
        if (!(process.descriptor(fd) instanceof OpenDescriptor.Directory directory)) {
            throw new SystemCallException(Errno.NOT_A_DIRECTORY);
        }
        if (!directory.hasNext()) {
            return 0;
        }
        long length = putStatus(process, directory.peek(), address, size);
        directory.advance();
        return length;
    }

    long changeDirectory(Process process, String path) throws IOException, SystemCallException {
        if (!status(path).directory()) {
            throw new SystemCallException(Errno.NOT_A_DIRECTORY);
        }
        process.directory(path);
        return 0;
    }

    /** A change that needs nothing but paths. */
    interface Change {
        void on(Fat32Volume volume) throws IOException;
    }

    long change(String path, Change change) throws IOException, SystemCallException {
        if (DeviceFiles.contains(path)) {
            throw new SystemCallException(Errno.READ_ONLY);
        }
        return change(change);
    }

    long change(Change change) throws IOException {
        return lock.with(() -> {
            change.on(volume);
            return 0L;
        });
    }

    long space(Process process, long address) throws IOException, SystemCallException {
        process.memory.putLong(address, volume.space().totalBytes());
        process.memory.putLong(address + Long.BYTES, volume.space().freeBytes());
        return 0;
    }

    private @Nullable FileStatus find(String path) throws IOException {
        try {
            return volume.stat(path);
        } catch (FileSystemException failed) {
            if (failed.reason() == FileSystemException.Reason.NOT_FOUND) {
                return null;
            }
            throw failed;
        }
    }

    private static long putStatus(Process process, FileStatus status, long address, long size)
            throws SystemCallException {
        UserMemory memory = process.memory;
        memory.check(address, size);
        int flags = (status.directory() ? Layout.STATUS_FLAG_DIRECTORY : 0)
                | (status.readOnly() ? Layout.STATUS_FLAG_READ_ONLY : 0);
        int name = memory.putText(
                address + Layout.STATUS_NAME_LENGTH, address + Layout.STATUS_NAME, status.name(), address + size);
        memory.putLong(address + Layout.STATUS_SIZE, status.size());
        memory.putLong(address + Layout.STATUS_MODIFIED, status.modified());
        memory.putInt(address + Layout.STATUS_FLAGS, flags);
        return Layout.STATUS_NAME + (long) name;
    }
}
