// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.transport;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;

/**
 * One device, as its driver reaches it. Writes may be posted: a transport may hold back {@link #setStatus},
 * {@link #setUpQueue}, {@link #setConfigurationLine} and {@link #writeConfig} until the next method that returns a value,
 * and then reports the failure of any of them. For one thread at a time, except {@link #notify} and
 * {@link #takeInterrupt}, which need that just for one queue, and {@link #loss}.
 */
public interface Transport {
    /** The device in words, for messages: "block device 0". */
    String name();

    /** See {@link dev.paravirt.spec.DeviceType}; any number. */
    int deviceType();

    /** What the device offers. */
    FeatureBits deviceFeatures();

    /** Which of the reserved feature bits this transport can carry. */
    FeatureBits transportFeatures();

    /** Bytes of the configuration space that can be reached, 0 or more. */
    int configSize();

    /** Reads the device status, 0 to 255. */
    int status() throws DeviceException;

    /**
     * Writes the device status.
     *
     * @param status bits of {@link dev.paravirt.spec.DeviceStatus}, never 0: that is {@link #reset}
     */
    void setStatus(int status) throws DeviceException;

    /**
     * Resets the device and waits until it has. Afterwards it touches no memory until it is set up anew.
     *
     * @param timeoutNanos more than 0
     * @throws DeviceException if the device has not done so in time: its buffers are then not to be used again
     */
    void reset(long timeoutNanos) throws DeviceException;

    /**
     * Writes the driver's features and FEATURES_OK, and reads the status again.
     *
     * @param status what is set so far: ACKNOWLEDGE and DRIVER
     * @return whether the device accepts them
     */
    boolean negotiate(FeatureBits features, int status) throws DeviceException;

    /**
     * Reads the fields of the first bytes of the configuration space, all of one moment.
     *
     * @param length bytes, at most {@code configSize()} and {@code snapshot.size()}; fields beyond it become 0
     * @throws DeviceException if the configuration never holds still for so long
     */
    void readConfig(ConfigSnapshot snapshot, int length) throws DeviceException;

    /** Writes one field of the configuration space, of 1, 2 or 4 bytes. */
    void writeConfig(int offset, int width, int value) throws DeviceException;

    /** The largest size that a virtqueue can have: 0 if there is none of this index, 32768 at most. */
    int queueMaxSize(int queue) throws DeviceException;

    /**
     * Configures and enables a virtqueue.
     *
     * @param line where its used buffer notifications go; virtio-mmio has just one line and ignores it
     */
    void setUpQueue(DriverVirtqueue queue, int line) throws DeviceException;

    /** Where configuration change notifications go; virtio-mmio ignores it. */
    void setConfigurationLine(int line) throws DeviceException;

    /**
     * Resets one virtqueue, with RING_RESET, and waits until that is done.
     *
     * @throws DeviceException if it takes longer than the timeout
     */
    void resetQueue(int queue, long timeoutNanos) throws DeviceException;

    /** Sends an available buffer notification. On the path of every request: allocates nothing. */
    void notify(DriverVirtqueue queue);

    /**
     * Says why the device interrupted, and acknowledges it.
     *
     * @param reasons as {@link dev.paravirt.guest.platform.Platform#waitForInterrupt} returned them
     * @return bits of {@link dev.paravirt.spec.InterruptStatus}
     */
    int takeInterrupt(int reasons);

    /**
     * Whether what serves the device is lost. Drivers ask each time that they find nothing in a queue, so that they notice
     * without any interrupt: this costs no more than reading a field. By any thread.
     */
    default Loss loss() {
        return Loss.NONE;
    }
}
