// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

/** A port of a console as its end sees it. For any thread; an end calls it without holding a lock that it needs itself. */
public interface ConsoleLine {
    /**
     * Brings input for the guest, as much as the guest has room for now.
     *
     * @return bytes taken, 0 to {@code length}; after fewer than {@code length} the end hears
     *     {@link ConsoleEnd#inputWanted} when there is room again
     */
    int input(byte[] bytes, int start, int length);

    /** The end can take output again, after {@link ConsoleEnd#write} took less than was offered. */
    void outputWanted();

    /**
     * The end is a terminal and has this size now, which the guest is told. An end that has a size says so first in
     * {@link ConsoleEnd#attach}.
     *
     * @param columns characters, 0 to 65535
     * @param rows characters, 0 to 65535
     */
    void resized(int columns, int rows);

    /**
     * Whether somebody is there at the end's side, such as the peer of a socket. Until an end says so, somebody is. A guest
     * with a multiport driver is told; output is taken in either case.
     */
    void hostOpen(boolean open);
}
