// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

/**
 * What happened to the frames of one wire since it was made.
 *
 * @param sent frames that the network took
 * @param dropped frames of the driver's that it did not take: nobody was there, or they were more than it had room for
 * @param received frames that were handed to the device, which counts those that it drops itself
 * @param malformed what came from the network and is no Ethernet frame: shorter than its header, or too long
 */
public record WireCounters(long sent, long dropped, long received, long malformed) {}
