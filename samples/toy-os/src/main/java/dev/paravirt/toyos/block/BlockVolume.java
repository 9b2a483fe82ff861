// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

/**
 * A disk as the kernel sees it: numbered sectors, and transfers that are started now and awaited later, so that several
 * can be under way and the task that waits leaves the CPU to the others.
 *
 * <p>A transfer touches consecutive sectors of the volume and gathers from (or scatters to) a run of buffers, which it
 * uses up in turn. The buffers belong to the volume until the transfer is done. Transfers may finish in any order; only
 * {@link #flush} makes finished writes durable. A volume is used by one task at a time, except that waiting for
 * transfers may interleave.
 */
public interface BlockVolume {
    /** Bytes in a sector: a power of two, at least 512. */
    int sectorSize();

    long sectorCount();

    boolean readOnly();

    /** The most buffers that one transfer takes, at least 1. */
    int maximumBuffers();

    /** The most bytes that one transfer moves: a multiple of the sector size, at least 4096. */
    int maximumBytes();

    /** A buffer that lives as long as the volume. Done at start-up, never on the way of a request. */
    BlockBuffer allocate(int bytes);

    /**
     * Starts to read {@code bytes} (a multiple of the sector size) from {@code sector} on into
     * {@code buffers[first .. first + count - 1]}. Waits for a free place when the device has too much under way.
     *
     * @throws IllegalArgumentException if the range is outside of the volume or the buffers do not hold it
     */
    Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count);

    /** Starts to write; as {@link #read} otherwise. */
    Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count);

    /** Starts to make every write that was done before this call durable. */
    Transfer flush();

    /**
     * Shows the device all that was started so far, in one go. A task that waits does so by itself; one that goes on with
     * other work should, lest the device sit idle meanwhile.
     */
    default void kick() {}
}
