// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

/**
 * What happened to the frames of one or all queues since the device was made.
 *
 * @param packets frames delivered to the driver, or taken from it and passed on
 * @param bytes of these frames
 * @param overruns received frames dropped because the driver had no buffer for them, or because too many were waiting
 * @param filtered received frames that the receive filter was against
 * @param malformed frames dropped because they were too short or too long, or asked for what was not negotiated
 * @param refused frames dropped because the link was down, the device was not in use, or the backend did not take them
 */
public record NetCounters(long packets, long bytes, long overruns, long filtered, long malformed, long refused) {
    /** All frames that were dropped, for whatever reason. */
    public long drops() {
        return overruns + filtered + malformed + refused;
    }

    NetCounters plus(NetCounters other) {
        return new NetCounters(
                packets + other.packets,
                bytes + other.bytes,
                overruns + other.overruns,
                filtered + other.filtered,
                malformed + other.malformed,
                refused + other.refused);
    }
}
