// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.Ne2000Driver;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.legacy.Ne2000;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.net.NetworkInterface;
import dev.paravirt.toyos.net.NetworkStack;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A network card behind an NE2000 driver: the CPU moves each frame, and a frame is on the wire when it was sent. */
final class Ne2000Interface implements NetworkInterface, InterruptSource {
    private static final int MTU = 1500;

    private final Ne2000Driver driver;
    private final DeviceCounters counters;
    private final Console log;
    private final long mac;
    private final byte[] arrived = new byte[Ne2000.MAX_FRAME];

    /** Bytes of the frame that arrived and nobody has taken; 0 if there is none. */
    private int length;

    private @Nullable NetworkStack stack;

    /** Whether there may be frames: to look costs exits, so that nobody looks unless an interrupt came. */
    private boolean heard = true;

    private boolean traffic;
    private boolean alive = true;
    private long interrupts;

    Ne2000Interface(Ne2000Driver driver, LongSupplier exits, Console log) {
        this.driver = driver;
        counters = new DeviceCounters("network", exits, () -> interrupts);
        this.log = log;
        byte[] octets = new byte[6];
        driver.mac(octets);
        long address = 0;
        for (byte octet : octets) {
            address = address << 8 | octet & 0xff;
        }
        mac = address;
    }

    /** Who gets the frames from now on. */
    void connect(NetworkStack owner) {
        stack = owner;
    }

    DeviceStatistics statistics() {
        return counters;
    }

    private void failed(DeviceException failure) {
        alive = false;
        log.line("kernel: no network any more: " + failure.getMessage());
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public int mtu() {
        return MTU;
    }

    @Override
    public boolean linkUp() {
        return alive;
    }

    @Override
    public boolean send(byte[] frame, int start, int bytes) {
        if (!alive) {
            return false;
        }
        try {
            driver.send(frame, start, bytes);
        } catch (DeviceException failure) {
            failed(failure);
            return false;
        }
        traffic = true;
        counters.output(bytes);
        return true;
    }

    @Override
    public boolean pending() {
        while (length == 0 && heard && alive) {
            look();
        }
        return length > 0;
    }

    private void look() {
        try {
            heard = driver.awaitReceive(0);
            if (heard) {
                // What the driver finds to be no frame is none; the next may be one.
                length = Math.max(0, driver.receive(arrived));
            }
        } catch (DeviceException failure) {
            failed(failure);
        }
    }

    @Override
    public int receive(byte[] frame) {
        if (!pending()) {
            return 0;
        }
        int received = length;
        System.arraycopy(arrived, 0, frame, 0, Math.min(received, frame.length));
        length = 0;
        traffic = true;
        counters.input(received);
        return received;
    }

    @Override
    public boolean poll() {
        NetworkStack owner = stack;
        if (owner == null) {
            return false;
        }
        boolean any = pending();
        owner.poll();
        return any;
    }

    /** The card interrupts by itself, and until then there is nothing to see. */
    @Override
    public boolean busy() {
        return traffic;
    }

    @Override
    public boolean enableInterrupt() {
        traffic = false;
        return !pending();
    }

    @Override
    public void interrupted(int reasons) {
        if (reasons != 0) {
            heard = true;
            interrupts += pending() ? 1 : 0;
        }
    }

    /** Takes the card off the network. */
    void stop() {
        stack = null;
        driver.stop();
    }
}
