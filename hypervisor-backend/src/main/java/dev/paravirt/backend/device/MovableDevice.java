// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.spec.FeatureBits;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A device that keeps something on behalf of its driver which is neither in the guest's memory nor in the configuration space:
 * what the driver commanded, or input that it has not read. When the guest moves to another host this has to move with it,
 * from this device to another of the same kind, without the driver's knowledge.
 *
 * <p>Both methods are control calls, while no queue is in use.
 */
public interface MovableDevice extends VirtioDevice {
    /**
     * Writes down what the device keeps for its driver, since {@link #negotiated}. Nothing changes: the guest may stay after all.
     *
     * @throws IOException only as {@code state} does
     */
    void saveState(DataOutput state) throws IOException;

    /**
     * Reads what another device wrote down, and checks it: it may be of another version, made up, or damaged.
     *
     * @param driverFeatures what was negotiated there, and is a part of what this device offers
     * @return makes it this device's state, in the place of what follows {@link #negotiated}. It is run when the same features
     *     were negotiated here, before any queue is set up, or never; it does not fail.
     * @throws IOException if this device cannot have that state, with a message that says why; nothing has changed
     */
    Runnable loadState(FeatureBits driverFeatures, DataInput state) throws IOException;
}
