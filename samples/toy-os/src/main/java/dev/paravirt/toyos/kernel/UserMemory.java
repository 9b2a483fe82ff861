// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The kernel's side of a program's memory: every address is checked, everything is copied. */
final class UserMemory {
    /** The longest text a system call takes. */
    private static final int MOST_TEXT = 4096;

    private final byte[] memory;
    private final ByteBuffer fields;

    UserMemory(byte[] memory) {
        this.memory = memory;
        fields = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The program's memory itself, for a copy from or to {@code address} that {@link #check} has allowed. */
    byte[] array() {
        return memory;
    }

    int check(long address, long length) throws SystemCallException {
        if (address < 0 || length < 0 || address > memory.length || length > memory.length - address) {
            throw new SystemCallException(Errno.BAD_ADDRESS);
        }
        return (int) address;
    }

    String text(long address, long length) throws SystemCallException {
        int start = check(address, length);
        if (length > MOST_TEXT) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        return new String(memory, start, (int) length, StandardCharsets.UTF_8);
    }

    int getInt(long address) throws SystemCallException {
        return fields.getInt(check(address, Integer.BYTES));
    }

    long getLong(long address) throws SystemCallException {
        return fields.getLong(check(address, Long.BYTES));
    }

    void putInt(long address, int value) throws SystemCallException {
        fields.putInt(check(address, Integer.BYTES), value);
    }

    void putLong(long address, long value) throws SystemCallException {
        fields.putLong(check(address, Long.BYTES), value);
    }

    /** Writes the length at one place and the text at another. */
    int putText(long lengthAddress, long address, String text, long end) throws SystemCallException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (address + bytes.length > end) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        int start = check(address, bytes.length);
        putInt(lengthAddress, bytes.length);
        System.arraycopy(bytes, 0, memory, start, bytes.length);
        return bytes.length;
    }
}
