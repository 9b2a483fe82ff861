// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** A network card as the stack sees it: whole Ethernet frames without their check sequence. One task uses it at a time. */
public interface NetworkInterface {
    /** The station address, in the low 48 bits. */
    long mac();

    /** The longest payload of a frame in bytes, without the 14 bytes of Ethernet header. */
    int mtu();

    /** Whether {@link #sendUnfinished} works. */
    default boolean completesChecksums() {
        return false;
    }

    /** Whether {@link #sendUnfinished} cuts TCP over IPv4 into segments. */
    default boolean cutsSegments() {
        return false;
    }

    /**
     * Takes a copy of a frame to send. It goes out with the next {@link #flush} at the latest.
     *
     * @return false if there is no room now: the frame is dropped, and those who need it send it again
     */
    boolean send(byte[] frame, int start, int length);

    /**
     * As {@link #send}, leaving work to the card.
     *
     * @param checksumStart where in the frame checksumming begins
     * @param checksumOffset where from there the checksum goes; the sum of the pseudo-header is there
     * @param headers bytes of all headers, and
     * @param segment most bytes of payload behind them in each frame; 0 if the frame is not to be cut
     */
    default boolean sendUnfinished(
            byte[] frame, int start, int length, int checksumStart, int checksumOffset, int headers, int segment) {
        throw new UnsupportedOperationException("this card sends frames as they are");
    }

    /** Whether {@link #send} has room for a frame. */
    default boolean hasRoom() {
        return true;
    }

    /** Lets the frames go that were sent. */
    default void flush() {}

    /** Whether the cable is in. */
    default boolean linkUp() {
        return true;
    }

    /** Whether {@link #receive} would find a frame. */
    boolean pending();

    /**
     * Copies the next received frame to the start of {@code frame}; what does not fit is cut off.
     *
     * @return the frame's length, which is larger than the array if it was cut; 0 if there is none
     */
    int receive(byte[] frame);

    /** Whether the card vouches for the TCP or UDP checksum of the frame that was received last. */
    default boolean checksumsVerified() {
        return false;
    }
}
