// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.paravirt.backend.device.CountingInterrupt;
import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class QueueWorkerTest {
    private static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1);
    static final List<FeatureBits> FORMATS = List.of(
            SPLIT,
            SPLIT.with(Features.EVENT_IDX),
            SPLIT.with(Features.RING_PACKED),
            SPLIT.with(Features.RING_PACKED).with(Features.EVENT_IDX));

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** A queue of length one without any ring. */
    private static class Mailbox implements PolledQueue {
        final AtomicInteger sent = new AtomicInteger();
        final AtomicInteger seen = new AtomicInteger();
        final AtomicInteger failures = new AtomicInteger();

        @Override
        public boolean serve() {
            int now = sent.get();
            if (now < 0) {
                sent.set(seen.get());
                throw new IllegalStateException("expected by the test");
            }
            boolean news = now != seen.get();
            seen.set(now);
            return news;
        }

        @Override
        public boolean arm() {
            return sent.get() == seen.get();
        }

        @Override
        public void failed(Throwable failure) {
            failures.incrementAndGet();
        }
    }

    private static QueueWorker worker(boolean watching) throws IOException {
        return watching ? QueueWorker.startWatching("watching worker") : QueueWorker.start("parking worker");
    }

    private static void awaitSleep(QueueWorker worker, boolean watching) {
        // A thread in a system call counts as running.
        if (!watching) {
            TestDriver.await("sleep", () -> worker.thread().getState() == Thread.State.WAITING);
        }
    }

    /** Each letter is sent a little later after the worker saw the one before, so as to meet it falling asleep. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void losesNoWakeUp(boolean watching) throws Exception {
        Mailbox box = new Mailbox();
        try (QueueWorker worker = worker(watching)) {
            worker.add(box);
            for (int letter = 1; letter <= 20_000; letter++) {
                for (int pause = letter % 512; pause > 0; pause--) {
                    Thread.onSpinWait();
                }
                box.sent.set(letter);
                worker.wake();
                int expected = letter;
                TestDriver.await("letter " + letter, () -> box.seen.get() == expected);
            }
            worker.remove(box);
        }
    }

    @Test
    void wakesFromSleepForDoorbellsThatItNeverReads() throws Exception {
        AtomicInteger rung = new AtomicInteger();
        Mailbox box = new Mailbox();
        try (Eventfd doorbell = Eventfd.create()) {
            QueueWorker worker = worker(true);
            worker.add(box);
            worker.watch(doorbell.descriptor(), rung::incrementAndGet);
            for (int letter = 1; letter <= 100; letter++) {
                LockSupport.parkNanos(100_000);
                int before = rung.get();
                box.sent.set(letter);
                doorbell.signal();
                int expected = letter;
                TestDriver.await("letter", () -> box.seen.get() == expected);
                TestDriver.await("the bell", () -> rung.get() > before);
            }
            worker.remove(box);
            worker.close();
            assertThat(doorbell.drain()).as("signals that nobody took").isEqualTo(100);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void servesAQueueAgainWhenItsPatienceEnds(boolean watching) throws Exception {
        long start = System.nanoTime();
        long patience = TimeUnit.MICROSECONDS.toNanos(2500);
        AtomicInteger served = new AtomicInteger();
        Mailbox box = new Mailbox() {
            @Override
            public boolean serve() {
                served.incrementAndGet();
                return false;
            }

            @Override
            public long patienceNanos() {
                return patience;
            }
        };
        try (QueueWorker worker = worker(watching)) {
            worker.add(box);
            // Nobody wakes it: without an end of its patience it would be served a few times, before its first sleep.
            TestDriver.await("rounds", () -> System.nanoTime() - start > 10 * patience);
            int before = served.get();
            TestDriver.await("more rounds", () -> served.get() >= before + 3);
            worker.remove(box);
        }
    }

    @Test
    void watchesOnlyIfStartedTo() throws Exception {
        try (QueueWorker worker = worker(false);
                Eventfd doorbell = Eventfd.create()) {
            assertThatThrownBy(() -> worker.watch(doorbell.descriptor(), () -> {}))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void outlivesAQueueThatThrows() throws Exception {
        Mailbox bad = new Mailbox();
        Mailbox good = new Mailbox();
        try (QueueWorker worker = worker(false)) {
            worker.add(bad);
            worker.add(good);
            bad.sent.set(-1);
            worker.wake();
            TestDriver.await("the failure", () -> bad.failures.get() == 1);
            good.sent.set(1);
            worker.wake();
            TestDriver.await("the other queue", () -> good.seen.get() == 1);
            worker.remove(bad);
            assertThatThrownBy(worker::close).isInstanceOf(IllegalStateException.class);
            worker.remove(good);
        }
    }

    @Test
    void endsAtOnceAlsoInItsSleep() throws Exception {
        for (boolean watching : new boolean[] {false, true}) {
            QueueWorker worker = worker(watching);
            awaitSleep(worker, watching);
            worker.close();
            assertThat(worker.thread().isAlive()).isFalse();
            assertThatThrownBy(() -> worker.add(new Mailbox())).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void usesNoProcessorWhileNothingHappens(boolean watching) throws Exception {
        try (TestMemory memory = new TestMemory();
                QueueWorker worker = worker(watching)) {
            TestDevice device = new TestDevice(8, 8);
            try (DeviceSession session = DeviceSession.start(
                    device, memory.guest(), Features.MMIO, new CountingInterrupt(), List.of(worker))) {
                TestDriver driver = new TestDriver(session, memory, SPLIT).negotiate();
                TestDriver.Queue queue = driver.setUp(0, 8);
                TestDriver.Queue slow = driver.setUp(1, 8);
                driver.driverOk();
                queue.roundTrip(1);
                device.hold();
                slow.send(2);
                TestDriver.await("a request in flight", () -> device.held.size() == 1);
                // A while, for it to fall asleep and for whatever wrongly goes on to show.
                new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
                long before = threads.getThreadCpuTime(worker.thread().threadId());
                new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS);
                assertThat(threads.getThreadCpuTime(worker.thread().threadId()) - before)
                        .as("nanoseconds of processor time in half a second")
                        .isLessThan(1_000_000);
                device.held.removeFirst().finish();
                slow.awaitUsed(2);
            }
        }
    }

    /** On the worker's thread and on the one that completes; the best of a few rounds, for the compiler's sake. */
    @ParameterizedTest
    @FieldSource("FORMATS")
    void allocatesNothingForARequest(FeatureBits features) throws Exception {
        int requests = 10_000;
        try (TestMemory memory = new TestMemory();
                QueueWorker worker = worker(false)) {
            TestDevice device = new TestDevice(8, 8);
            try (DeviceSession session = DeviceSession.start(
                    device, memory.guest(), Features.MMIO, new CountingInterrupt(), List.of(worker))) {
                TestDriver driver = new TestDriver(session, memory, features).negotiate();
                TestDriver.Queue inline = driver.setUp(0, 8);
                TestDriver.Queue elsewhere = driver.setUp(1, 8);
                driver.driverOk();
                device.behaviour = (chain, context) -> {
                    if (context.queue() == 0) {
                        device.echo(chain, context);
                    } else {
                        context.complete(chain, 8);
                    }
                };
                double best = Double.MAX_VALUE;
                for (int round = 0; round < 10 && best >= 1; round++) {
                    long before =
                            threads.getThreadAllocatedBytes(worker.thread().threadId());
                    for (int i = 0; i < requests; i++) {
                        inline.send(1);
                        inline.awaitUsed(1);
                        elsewhere.send(2);
                        elsewhere.awaitUsed(2);
                    }
                    long after = threads.getThreadAllocatedBytes(worker.thread().threadId());
                    best = Math.min(best, (after - before) / (2.0 * requests));
                }
                assertThat(best).as("bytes a request").isLessThan(1);
            }
        }
    }
}
