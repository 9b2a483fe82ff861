// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Traffic between the two sides of a {@link QueuePair}. */
public final class TrafficRun {
    private final QueuePair pair;
    private final Traffic traffic;
    private final RequestDriver driver;
    private final EchoService service;
    private final EchoDevice device;

    /** @param held requests that the device keeps at most before it answers some of them */
    public TrafficRun(QueuePair pair, Traffic traffic, int held) {
        this.pair = pair;
        this.traffic = traffic;
        driver = new RequestDriver(
                pair.driver(), pair.buffers(), traffic, pair.format().inOrder());
        service = new EchoService(traffic.slotBytes(), traffic.seed() + 1);
        device = new EchoDevice(pair.device(), service, held, traffic.seed() + 2);
    }

    /** A driver thread and a device thread, each asleep whenever its side of the queue says that this is safe. */
    public void betweenThreads(Doorbells doorbells) throws InterruptedException {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread deviceThread =
                new Thread(() -> guarded(() -> device.run(doorbells.device()), doorbells, failure), "device");
        Thread driverThread = new Thread(
                () -> guarded(
                        () -> {
                            driver.run(doorbells.driver());
                            doorbells.close();
                        },
                        doorbells,
                        failure),
                "driver");
        deviceThread.start();
        driverThread.start();
        driverThread.join();
        deviceThread.join();
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError(pair.format() + ", " + traffic + ", after " + driver.completed(), thrown);
        }
        check();
    }

    private static void guarded(Runnable body, Doorbells doorbells, AtomicReference<@Nullable Throwable> failure) {
        try {
            body.run();
        } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
            doorbells.close();
        }
    }

    /** Both sides by turns on this thread; whoever's turn it is depends on the seed. */
    public void byTurns() {
        Dice dice = new Dice(traffic.seed() + 3);
        while (!driver.done()) {
            switch (dice.below(4)) {
                case 0 -> driver.submit();
                case 1 -> pair.driver().publish();
                case 2 -> {
                    device.turn();
                    pair.device().publish();
                }
                default -> driver.complete();
            }
        }
        check();
    }

    private void check() {
        assertThat(driver.completed()).isEqualTo(traffic.requests());
        assertThat(service.requests()).isEqualTo(traffic.requests());
        assertThat(service.readSum()).as("sum of what was read").isEqualTo(driver.readableSum());
        assertThat(driver.freeWrittenSum()).as("sum of what was written").isEqualTo(service.freeWrittenSum());
        assertThat(pair.driver().free()).isEqualTo(pair.driver().size());
        assertThat(pair.device().outstanding()).isZero();
        assertThat(pair.driver().poll()).isEqualTo(-1);
        assertThat(pair.device().poll()).isNull();
    }
}
