// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** struct sockaddr_un for a path. */
record UnixAddress(MemorySegment memory, int length) {
    private static final int LONGEST_PATH = 107;
    private static final int PATH_OFFSET = 2;

    /** @throws IllegalArgumentException if the path is longer than the 107 bytes that the system has room for */
    static UnixAddress of(Path path, Arena arena) {
        byte[] name = path.toString().getBytes(Charset.defaultCharset());
        if (name.length == 0 || name.length > LONGEST_PATH) {
            throw new IllegalArgumentException("the path of a unix socket has 1 to " + LONGEST_PATH + " bytes, not "
                    + name.length + ": " + path + " (use a shorter directory, or a relative path)");
        }
        MemorySegment address = arena.allocate(PATH_OFFSET + LONGEST_PATH + 1L, 8);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) Constants.AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, PATH_OFFSET, name.length);
        return new UnixAddress(address, PATH_OFFSET + name.length + 1);
    }
}
