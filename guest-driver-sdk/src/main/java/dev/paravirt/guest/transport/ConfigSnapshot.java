// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.transport;

/**
 * A copy of a device's configuration space, all of one moment, and the widths of its fields: virtio-mmio wants each
 * field accessed by its own width (VIRTIO 1.4, "Device Configuration Space"). Made once, read into again and again with
 * {@link Transport#readConfig}. Values are little-endian; what was not read is 0.
 */
public final class ConfigSnapshot {
    private final int[] fields;
    private final byte[] bytes;

    /**
     * @param size bytes of the structure
     * @param fields offset and width (1, 2, 4 or 8 bytes) of each field in turn
     */
    public ConfigSnapshot(int size, int... fields) {
        this.fields = fields.clone();
        this.bytes = new byte[size];
        for (int field = 0; field < fieldCount(); field++) {
            int width = width(field);
            boolean whole = width == 1 || width == 2 || width == 4 || width == 8;
            if (!whole || offset(field) < 0 || offset(field) > size - width) {
                throw new IllegalArgumentException("no field: " + width + " bytes at " + offset(field) + " of " + size);
            }
        }
    }

    /** Bytes of the structure. */
    public int size() {
        return bytes.length;
    }

    int fieldCount() {
        return fields.length / 2;
    }

    int offset(int field) {
        return fields[2 * field];
    }

    int width(int field) {
        return fields[2 * field + 1];
    }

    byte[] bytes() {
        return bytes;
    }

    void clear() {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = 0;
        }
    }

    /**
     * Takes the bytes of a whole reading, for a transport that gets them in one piece.
     *
     * @param length how many of them, from the start; fields beyond become 0
     */
    public void load(byte[] source, int length) {
        clear();
        System.arraycopy(source, 0, bytes, 0, Math.min(length, bytes.length));
    }

    void put(int offset, int width, int value) {
        for (int i = 0; i < width; i++) {
            bytes[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    /** A u8, 0 to 255. */
    public int get8(int offset) {
        return bytes[offset] & 0xff;
    }

    /** An le16, 0 to 65535. */
    public int get16(int offset) {
        return get8(offset) | get8(offset + 1) << 8;
    }

    /** An le32, 0 to 2^32 - 1. */
    public long get32(int offset) {
        return get16(offset) | (long) get16(offset + 2) << 16;
    }

    /** An le64, as it is. */
    public long get64(int offset) {
        return get32(offset) | get32(offset + 4) << 32;
    }
}
