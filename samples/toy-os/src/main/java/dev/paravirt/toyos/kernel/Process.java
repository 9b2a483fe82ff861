// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A running program: its memory, its open files, its children. */
final class Process {
    static final int MEMORY_SIZE = 1 << 20;
    static final int CONSOLE = 1;
    private static final int MOST_DESCRIPTORS = 64;

    final UserMemory memory;
    final Map<Integer, Task> children = new HashMap<>();
    private final List<@Nullable OpenDescriptor> descriptors = new ArrayList<>();

    Process(byte[] memory) {
        this.memory = new UserMemory(memory);
        descriptors.add(null);
        descriptors.add(new OpenDescriptor.Console());
    }

    OpenDescriptor descriptor(long number) throws SystemCallException {
        OpenDescriptor found = number >= 0 && number < descriptors.size() ? descriptors.get((int) number) : null;
        if (found == null) {
            throw new SystemCallException(Errno.BAD_DESCRIPTOR);
        }
        return found;
    }

    /** Whether READ and WRITE are for the network. */
    boolean isSocket(long number) {
        return number >= 0
                && number < descriptors.size()
                && descriptors.get((int) number) instanceof OpenDescriptor.Socket;
    }

    /** Fails before anything is opened that could not be noted. */
    int freeDescriptor() throws SystemCallException {
        for (int number = 0; number < MOST_DESCRIPTORS; number++) {
            if (number >= descriptors.size() || number > CONSOLE && descriptors.get(number) == null) {
                return number;
            }
        }
        throw new SystemCallException(Errno.TOO_MANY_FILES);
    }

    void open(int number, OpenDescriptor descriptor) {
        if (number == descriptors.size()) {
            descriptors.add(descriptor);
        } else {
            descriptors.set(number, descriptor);
        }
    }

    void close(long number) throws SystemCallException {
        release(descriptor(number));
        descriptors.set((int) number, null);
    }

    /** What the kernel does for a program that has ended. */
    void closeAll() {
        descriptors.forEach(Process::release);
        descriptors.clear();
    }

    private static void release(@Nullable OpenDescriptor descriptor) {
        if (descriptor instanceof OpenDescriptor.File open) {
            open.file.close();
        } else if (descriptor instanceof OpenDescriptor.Socket socket) {
            socket.close();
        }
    }
}
