// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.text.Paths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A running program: its memory, its open files, its children. */
final class Process {
    static final int MEMORY_SIZE = 1 << 20;
    /** Descriptors 0, 1 and 2 are there from the start. */
    static final int STANDARD = 3;

    private static final int MOST_DESCRIPTORS = 256;

    final UserMemory memory = new UserMemory(new byte[MEMORY_SIZE]);
    final Map<Integer, Task> children = new HashMap<>();
    int group;
    private final List<@Nullable OpenDescriptor> descriptors = new ArrayList<>();
    private String directory;

    /**
     * @param streams what descriptors 0, 1 and 2 stand for
     * @param directory where relative paths start
     * @param group what Ctrl-C ends together; 0 if it was started by none that has groups
     */
    Process(OpenDescriptor[] streams, String directory, int group) {
        this.directory = directory;
        this.group = group;
        for (OpenDescriptor stream : streams) {
            stream.hold();
            descriptors.add(stream);
        }
    }

    OpenDescriptor descriptor(long number) throws SystemCallException {
        OpenDescriptor found = number >= 0 && number < descriptors.size() ? descriptors.get((int) number) : null;
        if (found == null) {
            throw new SystemCallException(Errno.BAD_DESCRIPTOR);
        }
        return found;
    }

    /** Fails before anything is opened that could not be noted. */
    int freeDescriptor() throws SystemCallException {
        for (int number = STANDARD; number < MOST_DESCRIPTORS; number++) {
            if (number >= descriptors.size() || descriptors.get(number) == null) {
                return number;
            }
        }
        throw new SystemCallException(Errno.TOO_MANY_FILES);
    }

    void open(int number, OpenDescriptor descriptor) {
        descriptor.hold();
        if (number == descriptors.size()) {
            descriptors.add(descriptor);
        } else {
            descriptors.set(number, descriptor);
        }
    }

    void close(long number) throws SystemCallException {
        OpenDescriptor open = descriptor(number);
        descriptors.set((int) number, null);
        open.letGo();
    }

    /** What the kernel does for a program that has ended. */
    void closeAll() {
        for (OpenDescriptor descriptor : descriptors) {
            if (descriptor != null) {
                descriptor.letGo();
            }
        }
        descriptors.clear();
    }

    /** Where relative paths start; absolute, and without dots. */
    String directory() {
        return directory;
    }

    void directory(String path) {
        directory = path;
    }

    /** Makes a path absolute, and resolves the dots in it. */
    String resolve(String path) {
        return Paths.absolute(directory, path);
    }
}
