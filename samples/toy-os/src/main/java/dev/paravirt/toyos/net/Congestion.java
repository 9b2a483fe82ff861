// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/**
 * How much may be under way (RFC 5681, with the byte counting of RFC 3465), and when a lost segment is sent again before
 * its time: by the peer's selective acknowledgments (RFC 6675), or without such by duplicates (RFC 6582).
 */
final class Congestion {
    private static final int DUPLICATES = 3;
    private static final int LARGEST = 1 << 24;
    private static final int INITIAL_SEGMENTS = 10;

    private int mss = TcpSegment.DEFAULT_MSS;
    private int window = INITIAL_SEGMENTS * TcpSegment.DEFAULT_MSS;
    private int threshold = LARGEST;
    private int counted;
    private int duplicates;
    private boolean selective;
    private boolean recovering;
    /** Recovery lasts until all that was sent when it began is acknowledged. */
    private int recover;

    void start(int segmentSize, int initialSequence, boolean selectiveAcknowledgments) {
        mss = segmentSize;
        selective = selectiveAcknowledgments;
        window = INITIAL_SEGMENTS * mss;
        recover = initialSequence;
    }

    int window() {
        return window;
    }

    boolean isRecovering() {
        return recovering;
    }

    /**
     * New data was acknowledged.
     *
     * @param bytes of it that the peer had not said before that it has
     * @param underWay bytes that were, before
     * @return whether the next hole must be filled at once
     */
    boolean acknowledged(int bytes, int una, int underWay, int max) {
        duplicates = 0;
        if (!recovering) {
            grow(bytes, underWay);
            return false;
        }
        if (!Sequence.before(una, recover)) {
            recovering = false;
            // One acknowledgment may cover much, and must not let a burst of as much go (RFC 6582, section 3.2, 3).
            window = Math.max(Math.min(threshold, max - una + mss), mss);
            return false;
        }
        if (!selective) {
            window = Math.max(window - bytes + mss, mss);
        }
        return true;
    }

    private void grow(int bytes, int underWay) {
        if (underWay < window / 2) {
            // Not the window was what kept more from being sent: nothing was learnt about it.
            return;
        }
        if (window < threshold) {
            window = Math.min(window + bytes, LARGEST);
            return;
        }
        counted += bytes;
        if (counted >= window) {
            counted -= window;
            window = Math.min(window + mss, LARGEST);
        }
    }

    /** Recovery, or sending again after a time-out, lasts until this is acknowledged. */
    int recoverTo() {
        return recover;
    }

    /** In recovery, what was sent again got lost. */
    void lostAgain() {
        threshold = Math.max(window / 2, 2 * mss);
        window = threshold;
    }

    /**
     * The same acknowledgment came once more.
     *
     * @param evident whether what was acknowledged selectively proves a loss already
     * @param again whether it proves that something was lost since the last recovery or time-out
     * @return true if what it asks for must be sent again at once
     */
    boolean duplicate(int una, int max, boolean evident, boolean again) {
        duplicates++;
        if (recovering) {
            window = selective ? window : Math.min(window + mss, LARGEST);
            return false;
        }
        boolean lost = evident || duplicates == DUPLICATES;
        boolean allowed = selective ? again || !Sequence.before(una, recover) : Sequence.after(una, recover);
        if (!lost || !allowed) {
            return false;
        }
        recovering = true;
        recover = max;
        threshold = Math.max((max - una) / 2, 2 * mss);
        window = threshold + (selective ? 0 : DUPLICATES * mss);
        return true;
    }

    void timedOut(int una, int max) {
        threshold = Math.max((max - una) / 2, 2 * mss);
        window = mss;
        recovering = false;
        duplicates = 0;
        counted = 0;
        recover = max;
    }
}
