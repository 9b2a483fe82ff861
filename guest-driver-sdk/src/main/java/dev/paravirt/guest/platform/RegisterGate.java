// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.platform;

/**
 * The registers of one virtio-mmio device, {@link dev.paravirt.spec.mmio.MmioRegisters}. Values are little-endian numbers
 * of the given width, zero-extended. Accesses happen in program order, and what was written to guest memory before a
 * register write is visible to the device that sees the write.
 */
public interface RegisterGate {
    /**
     * @param offset from the base of the device, a multiple of {@code width}
     * @param width bytes: 1, 2 or 4
     */
    int read(int offset, int width);

    /** As {@link #read}, the other way; on the path of every request for QueueNotify. */
    void write(int offset, int width, int value);
}
