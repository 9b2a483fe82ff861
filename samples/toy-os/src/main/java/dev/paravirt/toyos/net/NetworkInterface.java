// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** A network card as the stack sees it: whole Ethernet frames without their check sequence. One task uses it at a time. */
public interface NetworkInterface {
    /** The station address, in the low 48 bits. */
    long mac();

    /** The longest payload of a frame in bytes, without the 14 bytes of Ethernet header. */
    int mtu();

    /**
     * Takes a copy of a frame to send.
     *
     * @return false if there is no room now: the frame is dropped, and those who need it send it again
     */
    boolean send(byte[] frame, int start, int length);

    /** Whether {@link #receive} would find a frame. */
    boolean pending();

    /**
     * Copies the next received frame to the start of {@code frame}; what does not fit is cut off.
     *
     * @return the frame's length, which is larger than the array if it was cut; 0 if there is none
     */
    int receive(byte[] frame);
}
