// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

/** Little-endian values in an array, at any offset. */
record Bytes(byte[] array) {
    int u8(int offset) {
        return array[offset] & 0xFF;
    }

    int u16(int offset) {
        return u8(offset) | u8(offset + 1) << 8;
    }

    int i32(int offset) {
        return u16(offset) | u16(offset + 2) << 16;
    }

    long u32(int offset) {
        return i32(offset) & 0xFFFF_FFFFL;
    }

    void put8(int offset, int value) {
        array[offset] = (byte) value;
    }

    void put16(int offset, int value) {
        put8(offset, value);
        put8(offset + 1, value >>> 8);
    }

    void put32(int offset, int value) {
        put16(offset, value);
        put16(offset + 2, value >>> 16);
    }
}
