// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.hypercall;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.hypercall.DeviceInfo;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;

/**
 * The hypercalls that speak of the whole machine: which devices there are, early output, clocks, power. Those of one
 * device are made by {@link dev.paravirt.guest.transport.HypercallTransport}. For one thread at a time.
 */
public final class Hypercalls {
    private static final int PRINT_SIZE = 256;

    private final HypercallGate gate;
    private final DmaBuffer info;
    private final DmaBuffer text;
    private final int minorVersion;

    /**
     * Meets the hypervisor.
     *
     * @throws DeviceException if it speaks another major version than this SDK
     */
    public static Hypercalls attach(HypercallGate gate, Platform platform) throws DeviceException {
        long version = gate.call(Hypercall.VERSION, 0, 0, 0, 0);
        if (version < 0 || version >>> 16 != Hypercall.MAJOR) {
            throw new DeviceException("the hypervisor does not speak version " + Hypercall.MAJOR
                    + " of the paravirt hypercalls; VERSION returned "
                    + (version < 0 ? HypercallError.describe(version) : "0x" + Long.toHexString(version)));
        }
        return new Hypercalls(gate, platform, (int) version & 0xffff);
    }

    private Hypercalls(HypercallGate gate, Platform platform, int minorVersion) {
        this.gate = gate;
        this.minorVersion = minorVersion;
        this.info = platform.allocate(DeviceInfo.SIZE, Long.BYTES);
        this.text = platform.allocate(PRINT_SIZE, Long.BYTES);
    }

    /** The gate that the calls go through. */
    public HypercallGate gate() {
        return gate;
    }

    /** The minor version of the hypervisor's calls: 0 or more. */
    public int minorVersion() {
        return minorVersion;
    }

    /** How many devices there are; they are numbered from 0. */
    public int deviceCount() throws DeviceException {
        return count(Hypercall.DEVICE_COUNT);
    }

    /** How many interrupt lines there are; they are numbered from 0. */
    public int lineCount() throws DeviceException {
        return count(Hypercall.LINE_COUNT);
    }

    private int count(int number) throws DeviceException {
        return (int) Math.min(check(number, gate.call(number, 0, 0, 0, 0)), Integer.MAX_VALUE);
    }

    /** Describes a device. A driver ignores one whose type is 0 or not its own. */
    public DeviceDescription describe(int device) throws DeviceException {
        check(Hypercall.DEVICE_INFO, gate.call(Hypercall.DEVICE_INFO, device, info.address(), 0, 0));
        return new DeviceDescription(
                device,
                info.getInt(DeviceInfo.DEVICE_ID),
                info.getInt(DeviceInfo.VENDOR_ID),
                info.getInt(DeviceInfo.NUM_QUEUES),
                info.getInt(DeviceInfo.CONFIG_SIZE),
                FeatureBits.ofLongs(
                        info.getLong(DeviceInfo.DEVICE_FEATURES_LOW), info.getLong(DeviceInfo.DEVICE_FEATURES_HIGH)));
    }

    /**
     * The number of the next device of a type.
     *
     * @param from where to begin, 0 for the first
     * @return -1 if there is none
     */
    public int find(int deviceType, int from) throws DeviceException {
        int devices = deviceCount();
        for (int device = from; device < devices; device++) {
            if (describe(device).deviceType() == deviceType) {
                return device;
            }
        }
        return -1;
    }

    /** Prints bytes where the hypervisor chooses, before any device is driven. What it does not take is lost. */
    public void print(byte[] bytes, int start, int length) {
        int done = 0;
        while (done < length) {
            int part = Math.min(length - done, PRINT_SIZE);
            text.put(0, bytes, start + done, part);
            if (gate.call(Hypercall.CONSOLE_PRINT, text.address(), part, 0, 0) < part) {
                return;
            }
            done += part;
        }
    }

    /**
     * Reads a clock.
     *
     * @param which {@link Hypercall#CLOCK_MONOTONIC} or {@link Hypercall#CLOCK_REALTIME}
     * @return nanoseconds
     */
    public long clock(int which) throws DeviceException {
        return check(Hypercall.CLOCK, gate.call(Hypercall.CLOCK, which, 0, 0, 0));
    }

    /**
     * Ends the guest: the last call that it makes.
     *
     * @param exitCode 0 to 255
     */
    public void powerOff(int exitCode) throws DeviceException {
        check(Hypercall.POWER_OFF, gate.call(Hypercall.POWER_OFF, exitCode, 0, 0, 0));
    }

    private static long check(int number, long result) throws DeviceException {
        if (result < 0) {
            throw new DeviceException(
                    "hypercall " + Hypercall.name(number) + " failed: " + HypercallError.describe(result));
        }
        return result;
    }
}
