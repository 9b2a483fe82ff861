// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

/** The interrupt pin of a device. Called by any thread, one at a time, which holds a lock of the device; does not wait. */
@FunctionalInterface
public interface InterruptOutput {
    /** Says which level the pin has now; the same level again is no news. */
    void set(boolean asserted);
}
