// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import com.sun.management.ThreadMXBean;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A guest that sends or receives frames of 64 bytes as fast as its device goes along. */
@Command(name = "net-guest", description = "Prints million frames a second, and bytes allocated for each frame.")
final class NetGuest implements Callable<Integer> {
    private static final int SIZE = 64;
    private static final int TYPE = 12;

    @Parameters(description = "path of the hypervisor's, or the device's socket")
    private Path socket = Path.of(".");

    @Option(names = "--vhost-user", arity = "1", description = "a device that serves vhost-user, not hypercalls")
    private boolean vhostUser;

    @Option(names = "--packed", arity = "1", description = "packed rings instead of split ones")
    private boolean packed;

    @Option(names = "--receive", arity = "1", description = "receive instead of sending")
    private boolean receive;

    @Option(names = "--batch", description = "frames between two looks at the device (default: ${DEFAULT-VALUE})")
    private int batch = 64;

    @Option(names = "--warm-up", description = "seconds that do not count (default: ${DEFAULT-VALUE})")
    private int warmUp = 4;

    @Option(names = "--seconds", description = "seconds that count (default: ${DEFAULT-VALUE})")
    private int seconds = 3;

    private final byte[] content = frame();
    private ReceivedFrame[] burst = {};

    private NetGuest() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new NetGuest()).execute(arguments));
    }

    /** To one station from another, of a type that is free for experiments. */
    static byte[] frame() {
        byte[] frame = new byte[SIZE];
        frame[0] = 2;
        frame[5] = 1;
        frame[6] = 2;
        frame[11] = 2;
        frame[TYPE] = (byte) 0x88;
        frame[TYPE + 1] = (byte) 0xb5;
        return frame;
    }

    @Override
    public Integer call() throws IOException {
        burst = new ReceivedFrame[batch];
        if (vhostUser) {
            FrontEndOptions frontEnd = FrontEndOptions.DEFAULT.withMac(Arrays.copyOfRange(content, 6, TYPE));
            try (VhostUserDevice device = VhostUserDevice.connect(DeviceType.NETWORK, socket, frontEnd)) {
                measure(NetDriver.start(device.transport(), device.platform(), options()));
            }
        } else {
            try (GuestProcess guest = GuestProcess.attach(socket, Duration.ofSeconds(20))) {
                JvmPlatform platform = JvmPlatform.of(guest);
                Hypercalls hypercalls = Hypercalls.attach(platform, platform);
                int device = hypercalls.find(DeviceType.NETWORK, 0);
                measure(NetDriver.start(HypercallTransport.open(hypercalls, platform, device), platform, options()));
            }
        }
        return 0;
    }

    private void measure(NetDriver driver) throws IOException {
        run(driver, warmUp);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        long frames = run(driver, seconds);
        double rate = frames * 1e3 / (System.nanoTime() - start);
        double bytes = (double) (threads.getCurrentThreadAllocatedBytes() - allocated) / Math.max(frames, 1);
        if (driver.resets() > 0) {
            throw new IOException("the device was lost, or failed");
        }
        System.out.printf(Locale.ROOT, "%.3f %.3f%n", rate, bytes);
        driver.stop();
    }

    private NetDriverOptions options() {
        NetDriverOptions options = NetDriverOptions.DEFAULT;
        return packed ? options : options.withFeatures(NetDriverOptions.DEFAULT_FEATURES.without(Features.RING_PACKED));
    }

    private long run(NetDriver driver, int length) {
        long before = driver.framesSent(0) + driver.framesReceived(0);
        long end = System.nanoTime() + length * 1_000_000_000L;
        while (System.nanoTime() < end) {
            if (receive) {
                receive(driver);
            } else {
                send(driver);
            }
        }
        return driver.framesSent(0) + driver.framesReceived(0) - before;
    }

    private void send(NetDriver driver) {
        for (int turn = 0; turn < 10_000; turn++) {
            int sent = 0;
            OutgoingFrame frame = driver.take(0);
            while (frame != null) {
                driver.send(frame.put(content, 0, SIZE));
                frame = ++sent < batch ? driver.take(0) : null;
            }
            driver.kick(0);
            if (sent == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private void receive(NetDriver driver) {
        for (int turn = 0; turn < 10_000; turn++) {
            int count = driver.receive(0, burst);
            for (int i = 0; i < count; i++) {
                driver.release(burst[i]);
            }
            if (count == 0) {
                Thread.onSpinWait();
            }
        }
    }
}
