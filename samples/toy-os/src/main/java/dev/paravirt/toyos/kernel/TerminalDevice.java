// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** What the kernel needs of the device that a terminal is attached to. No method waits. */
public interface TerminalDevice {
    /**
     * Takes input.
     *
     * @return bytes read; 0 if there are none now
     */
    int read(byte[] destination, int start, int length);

    /**
     * Gives output.
     *
     * @return bytes taken, 0 to {@code length}
     */
    int write(byte[] source, int start, int length);

    /** Whether it works: one that failed for good has no input and takes no output. */
    boolean alive();

    /** Whether output would be taken now. */
    boolean hasRoom();

    /** Whether the device is done with all that was written. */
    boolean flushed();

    /** Width in characters; 0 if it is not known. */
    int columns();

    /** Height in characters; 0 if it is not known. */
    int rows();
}
