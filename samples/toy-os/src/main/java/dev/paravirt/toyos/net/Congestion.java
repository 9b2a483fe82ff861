// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** How much may be under way (RFC 5681), and when a lost segment is sent again before its time (RFC 6582). */
final class Congestion {
    private static final int DUPLICATES = 3;
    private static final int LARGEST = 1 << 24;

    private int mss = TcpSegment.DEFAULT_MSS;
    private int window = 10 * TcpSegment.DEFAULT_MSS;
    private int threshold = LARGEST;
    private int duplicates;
    private boolean recovering;
    /** Recovery lasts until all that was sent when it began is acknowledged. */
    private int recover;

    void start(int mss, int initialSequence) {
        this.mss = mss;
        window = 10 * mss;
        recover = initialSequence;
    }

    int window() {
        return window;
    }

    /** New data was acknowledged; true if the next hole must be filled at once. */
    boolean acknowledged(int bytes, int una) {
        duplicates = 0;
        if (!recovering) {
            int growth = window < threshold
                    ? Math.min(bytes, 2 * mss)
                    : Math.max(1, (int) ((long) mss * Math.min(bytes, mss) / window));
            window = Math.min(window + growth, LARGEST);
            return false;
        }
        if (!Sequence.before(una, recover)) {
            recovering = false;
            window = Math.max(threshold, mss);
            return false;
        }
        window = Math.max(window - bytes + mss, mss);
        return true;
    }

    /** The same acknowledgment came once more; true if what it asks for must be sent again at once. */
    boolean duplicate(int una, int max) {
        duplicates++;
        if (recovering) {
            window = Math.min(window + mss, LARGEST);
            return false;
        }
        if (duplicates != DUPLICATES || !Sequence.after(una, recover)) {
            return false;
        }
        recovering = true;
        recover = max;
        threshold = Math.max((max - una) / 2, 2 * mss);
        window = threshold + DUPLICATES * mss;
        return true;
    }

    void timedOut(int una, int max) {
        threshold = Math.max((max - una) / 2, 2 * mss);
        window = mss;
        recovering = false;
        duplicates = 0;
        recover = max;
    }
}
