// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.console;

import com.sun.management.ThreadMXBean;
import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.integration.blk.RingFeatures;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.zip.CRC32C;

/** A guest in a process of its own that sends or receives very many bytes through its console. */
final class VolumeGuest {
    private static final int PIECE = 1 << 20;
    private static final int BUFFERS = 16;
    private static final int BUFFER_BYTES = 64 << 10;

    private final ConsoleDriver driver;
    private final CRC32C checksum = new CRC32C();
    private final byte[] piece = new byte[PIECE];
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private VolumeGuest(ConsoleDriver driver) {
        this.driver = driver;
    }

    /** Takes the hypervisor's socket, a combination of ring features, send or receive, and the number of bytes. */
    public static void main(String[] arguments) throws IOException {
        long total = Long.parseLong(arguments[3]);
        try (GuestProcess guest = GuestProcess.attach(Path.of(arguments[0]), Duration.ofSeconds(60))) {
            JvmPlatform platform = JvmPlatform.of(guest);
            Hypercalls hypercalls = Hypercalls.attach(platform, platform);
            ConsoleDriver driver = ConsoleDriver.start(
                    HypercallTransport.open(hypercalls, platform, hypercalls.find(DeviceType.CONSOLE, 0)),
                    platform,
                    ConsoleDriverOptions.DEFAULT
                            .withFeatures(RingFeatures.of(Integer.parseInt(arguments[1]))
                                    .or(FeatureBits.of(0, 1, 2)))
                            .withBuffers(BUFFERS, BUFFER_BYTES));
            new VolumeGuest(driver).run(arguments[2].equals("send"), total);
            driver.stop();
        }
    }

    private void run(boolean send, long total) throws IOException {
        new Random(1).nextBytes(piece);
        long warm = total / 2;
        long start = System.nanoTime();
        long allocated = move(send, warm, total - warm);
        long nanos = System.nanoTime() - start;
        System.out.println(checksum.getValue() + " " + nanos + " " + driver.interrupts() + " " + allocated);
    }

    /** Returns the bytes that this thread allocated while the second part moved. */
    private long move(boolean send, long first, long second) throws IOException {
        move(send, first);
        long before = threads.getCurrentThreadAllocatedBytes();
        move(send, second);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private void move(boolean send, long total) throws IOException {
        if (send) {
            send(total);
        } else {
            receive(total);
        }
    }

    private void send(long total) throws IOException {
        for (long left = total; left > 0; ) {
            int length = (int) Math.min(left, PIECE);
            checksum.update(piece, 0, length);
            for (int done = 0; done < length; ) {
                driver.awaitRoom(-1);
                done += driver.write(piece, done, length - done);
            }
            left -= length;
        }
        driver.awaitFlushed(-1);
    }

    private void receive(long total) throws IOException {
        for (long left = total; left > 0; ) {
            driver.awaitInput(-1);
            int length = driver.read(piece, 0, (int) Math.min(left, PIECE));
            checksum.update(piece, 0, length);
            left -= length;
        }
    }
}
