// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import static dev.paravirt.spec.hypercall.HypercallError.BAD_ADDRESS;
import static dev.paravirt.spec.hypercall.HypercallError.BAD_STATE;
import static dev.paravirt.spec.hypercall.HypercallError.INVALID_ARGUMENT;
import static dev.paravirt.spec.hypercall.HypercallError.NOT_SUPPORTED;
import static dev.paravirt.spec.hypercall.HypercallError.NO_DEVICE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.hypercall.DeviceInfo;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.MulticallEntry;
import dev.paravirt.spec.hypercall.QueueSetup;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class LocalGuestTest {
    private static final int LINES = 3;
    private static final long NO_LINE = 0xffff_ffffL;
    private static final FeatureBits FEATURES =
            FeatureBits.of(Features.VERSION_1, Features.RING_RESET, Features.RING_PACKED, Features.EVENT_IDX);
    private static final int UP = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;
    private static final int READY = UP | DeviceStatus.FEATURES_OK;
    private static final long END = TestMemory.BASE + TestMemory.SIZE;

    private final TestMemory memory = new TestMemory();
    private final TestDevice first = new TestDevice(8, 0, 16);
    private final TestDevice second = new TestDevice(4);
    private final List<String> printed = new CopyOnWriteArrayList<>();
    private final List<Integer> exits = new CopyOnWriteArrayList<>();
    private final LocalGuest guest = LocalGuest.start(
            memory.guest(),
            List.of(first, second),
            LINES,
            MachineOptions.DEFAULT
                    .withWorkersPerDevice(2)
                    .withConsole(text -> printed.add(new String(text, StandardCharsets.UTF_8)))
                    .withPowerOff(exits::add));
    private final DmaBuffer page = memory.allocate(32768);

    @AfterEach
    void end() {
        first.held.forEach(TestDevice.Held::finish);
        guest.close();
        assertThat(first.closes).hasValue(1);
        assertThat(second.closes).hasValue(1);
        memory.close();
    }

    private long call(int number, long... arguments) {
        long[] four = new long[4];
        System.arraycopy(arguments, 0, four, 0, arguments.length);
        return guest.hypercall(number, four[0], four[1], four[2], four[3]);
    }

    private void bringUp(int device) {
        assertThat(call(Hypercall.SET_STATUS, device, UP)).isEqualTo(UP);
        assertThat(call(Hypercall.NEGOTIATE, device, FEATURES.low(), FEATURES.high()))
                .isEqualTo(READY);
    }

    private long setUp(int device, int queue, int size, long line, long descriptors, long driver, long deviceArea) {
        page.putShort(QueueSetup.QUEUE, (short) queue);
        page.putShort(QueueSetup.QUEUE_SIZE, (short) size);
        page.putInt(QueueSetup.LINE, (int) line);
        page.putLong(QueueSetup.DESCRIPTOR_AREA, descriptors);
        page.putLong(QueueSetup.DRIVER_AREA, driver);
        page.putLong(QueueSetup.DEVICE_AREA, deviceArea);
        return call(Hypercall.QUEUE_SETUP, device, page.address());
    }

    private DriverVirtqueue queue(int index, int size) {
        VirtqueueFormat format = VirtqueueFormat.of(FEATURES);
        return DriverVirtqueue.create(
                index, size, format, memory.allocate(DriverVirtqueue.memorySize(size, format, 0)), 0);
    }

    private long setUp(int device, DriverVirtqueue queue, long line) {
        return setUp(
                device,
                queue.index(),
                queue.size(),
                line,
                queue.descriptorArea(),
                queue.driverArea(),
                queue.deviceArea());
    }

    // What each call answers.

    @Test
    void tellsWhatThereIs() {
        assertThat(call(Hypercall.VERSION)).isEqualTo(Hypercall.version(Hypercall.MAJOR, Hypercall.MINOR));
        assertThat(call(Hypercall.DEVICE_COUNT)).isEqualTo(2);
        assertThat(call(Hypercall.LINE_COUNT)).isEqualTo(LINES);
        assertThat(call(Hypercall.DEVICE_INFO, 0, page.address())).isZero();
        assertThat(page.getInt(DeviceInfo.DEVICE_ID)).isEqualTo(TestDevice.TYPE);
        assertThat(page.getInt(DeviceInfo.NUM_QUEUES)).isEqualTo(3);
        assertThat(page.getInt(DeviceInfo.CONFIG_SIZE)).isEqualTo(TestDevice.CONFIG_SIZE);
        FeatureBits offered = FeatureBits.ofLongs(
                page.getLong(DeviceInfo.DEVICE_FEATURES_LOW), page.getLong(DeviceInfo.DEVICE_FEATURES_HIGH));
        assertThat(offered).isEqualTo(guest.session(0).deviceFeatures());
        assertThat(offered.hasAll(FEATURES)).isTrue();
        assertThat(call(Hypercall.QUEUE_MAX_SIZE, 0, 0)).isEqualTo(8);
        assertThat(call(Hypercall.QUEUE_MAX_SIZE, 0, 1)).isZero();
        assertThat(call(Hypercall.QUEUE_MAX_SIZE, 0, 2)).isEqualTo(16);
        assertThat(call(Hypercall.QUEUE_MAX_SIZE, 0, 65535)).isZero();
    }

    static Stream<Arguments> failures() {
        long at = TestMemory.BASE;
        return Stream.of(
                Arguments.of(0, NOT_SUPPORTED, new long[] {}),
                Arguments.of(20, NOT_SUPPORTED, new long[] {}),
                Arguments.of(-1, NOT_SUPPORTED, new long[] {}),
                Arguments.of(Integer.MIN_VALUE, NOT_SUPPORTED, new long[] {}),
                Arguments.of(Hypercall.GET_STATUS, NO_DEVICE, new long[] {2}),
                Arguments.of(Hypercall.GET_STATUS, NO_DEVICE, new long[] {-1}),
                Arguments.of(Hypercall.GET_STATUS, NO_DEVICE, new long[] {1L << 32}),
                Arguments.of(Hypercall.QUEUE_SETUP, NO_DEVICE, new long[] {2, 1}),
                Arguments.of(Hypercall.DEVICE_INFO, INVALID_ARGUMENT, new long[] {0, at + 4}),
                Arguments.of(Hypercall.DEVICE_INFO, BAD_ADDRESS, new long[] {0, 0}),
                Arguments.of(Hypercall.DEVICE_INFO, BAD_ADDRESS, new long[] {0, END - 24}),
                Arguments.of(Hypercall.DEVICE_INFO, BAD_ADDRESS, new long[] {0, -8}),
                Arguments.of(Hypercall.SET_STATUS, INVALID_ARGUMENT, new long[] {0, 256}),
                Arguments.of(Hypercall.SET_STATUS, INVALID_ARGUMENT, new long[] {0, 1L << 32}),
                Arguments.of(Hypercall.SET_STATUS, INVALID_ARGUMENT, new long[] {0, 32}),
                Arguments.of(Hypercall.SET_STATUS, BAD_STATE, new long[] {0, READY}),
                Arguments.of(Hypercall.SET_STATUS, BAD_STATE, new long[] {0, UP | DeviceStatus.DRIVER_OK}),
                Arguments.of(Hypercall.NEGOTIATE, BAD_STATE, new long[] {0, FEATURES.low(), 0}),
                Arguments.of(Hypercall.CONFIG_READ, INVALID_ARGUMENT, new long[] {0, 0, 25, at}),
                Arguments.of(Hypercall.CONFIG_READ, INVALID_ARGUMENT, new long[] {0, 25, 0, at}),
                Arguments.of(Hypercall.CONFIG_READ, INVALID_ARGUMENT, new long[] {0, -1, 1, at}),
                Arguments.of(Hypercall.CONFIG_READ, INVALID_ARGUMENT, new long[] {0, 1, -1, at}),
                Arguments.of(Hypercall.CONFIG_READ, INVALID_ARGUMENT, new long[] {0, Long.MAX_VALUE, 1, at}),
                Arguments.of(Hypercall.CONFIG_READ, INVALID_ARGUMENT, new long[] {0, 0, 4097, 0}),
                Arguments.of(Hypercall.CONFIG_READ, BAD_ADDRESS, new long[] {0, 0, 24, END - 23}),
                Arguments.of(Hypercall.CONFIG_WRITE, INVALID_ARGUMENT, new long[] {0, 24, 1, 0}),
                Arguments.of(Hypercall.CONFIG_WRITE, BAD_ADDRESS, new long[] {0, 0, 1, END}),
                Arguments.of(Hypercall.CONFIG_LINE, INVALID_ARGUMENT, new long[] {0, LINES}),
                Arguments.of(Hypercall.CONFIG_LINE, INVALID_ARGUMENT, new long[] {0, -1}),
                Arguments.of(Hypercall.CONFIG_LINE, INVALID_ARGUMENT, new long[] {0, 1L << 32}),
                Arguments.of(Hypercall.QUEUE_MAX_SIZE, INVALID_ARGUMENT, new long[] {0, 65536}),
                Arguments.of(Hypercall.QUEUE_SETUP, INVALID_ARGUMENT, new long[] {0, at + 1}),
                Arguments.of(Hypercall.QUEUE_SETUP, BAD_STATE, new long[] {0, 0}),
                Arguments.of(Hypercall.QUEUE_RESET, INVALID_ARGUMENT, new long[] {0, 1}),
                Arguments.of(Hypercall.QUEUE_RESET, INVALID_ARGUMENT, new long[] {0, 65536}),
                Arguments.of(Hypercall.QUEUE_RESET, BAD_STATE, new long[] {0, 0}),
                Arguments.of(Hypercall.NOTIFY, INVALID_ARGUMENT, new long[] {4, 0}),
                Arguments.of(Hypercall.NOTIFY, INVALID_ARGUMENT, new long[] {-1, 0}),
                Arguments.of(Hypercall.NOTIFY, INVALID_ARGUMENT, new long[] {0, 1L << 32}),
                Arguments.of(Hypercall.WAIT, INVALID_ARGUMENT, new long[] {LINES, 0}),
                Arguments.of(Hypercall.WAIT, INVALID_ARGUMENT, new long[] {-1, 0}),
                Arguments.of(Hypercall.MULTICALL, INVALID_ARGUMENT, new long[] {at, 0}),
                Arguments.of(Hypercall.MULTICALL, INVALID_ARGUMENT, new long[] {at, 257}),
                Arguments.of(Hypercall.MULTICALL, INVALID_ARGUMENT, new long[] {at, -1}),
                Arguments.of(Hypercall.MULTICALL, INVALID_ARGUMENT, new long[] {at + 4, 1}),
                Arguments.of(Hypercall.MULTICALL, BAD_ADDRESS, new long[] {END - 48, 2}),
                Arguments.of(Hypercall.CONSOLE_PRINT, INVALID_ARGUMENT, new long[] {at, 4097}),
                Arguments.of(Hypercall.CONSOLE_PRINT, INVALID_ARGUMENT, new long[] {at, -1}),
                Arguments.of(Hypercall.CONSOLE_PRINT, BAD_ADDRESS, new long[] {END - 1, 2}),
                Arguments.of(Hypercall.CLOCK, INVALID_ARGUMENT, new long[] {2}),
                Arguments.of(Hypercall.CLOCK, INVALID_ARGUMENT, new long[] {-1}),
                Arguments.of(Hypercall.POWER_OFF, INVALID_ARGUMENT, new long[] {256}),
                Arguments.of(Hypercall.POWER_OFF, INVALID_ARGUMENT, new long[] {-1}));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void refusesWithTheErrorOfTheSpecification(int number, int error, long[] arguments) {
        assertThat(call(number, arguments)).isEqualTo(error);
        assertThat(call(Hypercall.GET_STATUS, 0)).isZero();
        assertThat(exits).isEmpty();
        assertThat(printed).isEmpty();
    }

    @Test
    void refusesQueuesInTheOrderOfTheSpecification() {
        long at = page.address() + 4096;
        assertThat(setUp(0, 0, 8, LINES, 0, 0, 0)).as("line").isEqualTo(INVALID_ARGUMENT);
        assertThat(setUp(0, 1, 8, 0, at, at, at)).as("no such queue").isEqualTo(INVALID_ARGUMENT);
        assertThat(setUp(0, 9, 8, 0, at, at, at)).as("no such queue").isEqualTo(INVALID_ARGUMENT);
        assertThat(setUp(0, 0, 8, 0, 0, 0, 0)).as("before FEATURES_OK").isEqualTo(BAD_STATE);
        bringUp(0);
        assertThat(setUp(0, 0, 9, 0, at, at, at)).as("size").isEqualTo(INVALID_ARGUMENT);
        assertThat(setUp(0, 0, 8, 0, at + 4, at, at)).as("alignment").isEqualTo(INVALID_ARGUMENT);
        assertThat(setUp(0, 0, 8, 0, 0, at, at)).as("area").isEqualTo(BAD_ADDRESS);
        assertThat(call(Hypercall.QUEUE_SETUP, 0, END)).as("structure").isEqualTo(BAD_ADDRESS);
        assertThat(setUp(0, 2, 8, NO_LINE, at, at + 128, at + 132))
                .as("doorbell")
                .isEqualTo(2);
        assertThat(setUp(0, 2, 8, NO_LINE, at, at, at)).as("enabled already").isEqualTo(BAD_STATE);
        assertThat(setUp(0, 2, 8, LINES, at, at, at)).as("line").isEqualTo(INVALID_ARGUMENT);
        bringUp(1);
        assertThat(setUp(1, 0, 4, 2, at, at + 64, at + 68)).as("doorbell").isEqualTo(3);
    }

    @Test
    void readsAndWritesTheConfigurationSpace() {
        page.putLong(0, 0x1122334455667788L);
        assertThat(call(Hypercall.CONFIG_WRITE, 0, 16, 8, page.address())).isZero();
        assertThat(call(Hypercall.CONFIG_READ, 0, 15, 9, page.address() + 101)).isZero();
        assertThat(page.getLong(102)).isEqualTo(0x1122334455667788L);
        assertThat(page.getByte(101)).isZero();
        assertThat(call(Hypercall.CONFIG_READ, 0, 24, 0, -1))
                .as("just the generation")
                .isZero();
        first.host().changeConfiguration(() -> first.config[0] = 1);
        assertThat(call(Hypercall.CONFIG_READ, 0, 0, 0, 0)).isEqualTo(1);
    }

    @Test
    void printsTellsTimeAndPowersOff() {
        page.put(0, "héllo".getBytes(StandardCharsets.UTF_8), 0, 6);
        assertThat(call(Hypercall.CONSOLE_PRINT, page.address(), 6)).isEqualTo(6);
        assertThat(call(Hypercall.CONSOLE_PRINT, page.address(), 0)).isZero();
        assertThat(printed).containsExactly("héllo", "");
        long early = call(Hypercall.CLOCK, Hypercall.CLOCK_MONOTONIC);
        assertThat(early).isNotNegative();
        assertThat(call(Hypercall.CLOCK, Hypercall.CLOCK_MONOTONIC)).isGreaterThanOrEqualTo(early);
        assertThat(call(Hypercall.CLOCK, Hypercall.CLOCK_REALTIME) / 1_000_000 - System.currentTimeMillis())
                .isBetween(-60_000L, 60_000L);
        assertThat(call(Hypercall.POWER_OFF, 255)).isZero();
        assertThat(exits).containsExactly(255);
    }

    // Many calls at once.

    private void entry(int index, long number, long... arguments) {
        int at = 4096 + index * MulticallEntry.SIZE;
        page.fill(at, MulticallEntry.SIZE, (byte) 0);
        page.putLong(at + MulticallEntry.NUMBER, number);
        for (int argument = 0; argument < arguments.length; argument++) {
            page.putLong(at + MulticallEntry.ARGUMENTS + 8 * argument, arguments[argument]);
        }
        page.putLong(at + MulticallEntry.RESULT, 77);
    }

    private long result(int index) {
        return page.getLong(4096 + index * MulticallEntry.SIZE + MulticallEntry.RESULT);
    }

    @Test
    void runsEntriesUpToTheFirstThatFails() {
        entry(0, Hypercall.SET_STATUS, 0, UP);
        entry(1, Hypercall.NEGOTIATE, 0, FEATURES.low(), 0);
        entry(2, Hypercall.QUEUE_MAX_SIZE, 0, 2);
        entry(3, Hypercall.GET_STATUS, 9);
        entry(4, Hypercall.SET_STATUS, 0, 0);
        assertThat(call(Hypercall.MULTICALL, page.address() + 4096, 5)).isEqualTo(3);
        assertThat(List.of(result(0), result(1), result(2), result(3), result(4)))
                .containsExactly((long) UP, (long) READY, 16L, (long) NO_DEVICE, 77L);
        assertThat(call(Hypercall.GET_STATUS, 0)).isEqualTo(READY);
        assertThat(call(Hypercall.MULTICALL, page.address() + 4096 + 2 * MulticallEntry.SIZE, 1))
                .isEqualTo(1);
    }

    @Test
    void runsNoWaitMulticallOrPowerOffAmongMany() {
        for (long number : new long[] {
            Hypercall.WAIT, Hypercall.MULTICALL, Hypercall.POWER_OFF, 0, 1L << 32 | Hypercall.VERSION, -1L
        }) {
            entry(0, Hypercall.VERSION);
            entry(1, number, page.address() + 4096, 1);
            assertThat(call(Hypercall.MULTICALL, page.address() + 4096, 2)).isEqualTo(1);
            assertThat(result(1)).isEqualTo(NOT_SUPPORTED);
        }
        assertThat(exits).isEmpty();
    }

    // Interrupts.

    @Test
    void servesRequestsByDoorbellAndLine() {
        bringUp(0);
        DriverVirtqueue queue = queue(0, 8);
        long doorbell = setUp(0, queue, 1);
        assertThat(doorbell).isZero();
        assertThat(call(Hypercall.SET_STATUS, 0, READY | DeviceStatus.DRIVER_OK))
                .isEqualTo(READY | DeviceStatus.DRIVER_OK);
        DmaBuffer request = memory.allocate(64);
        DmaBuffer answer = memory.allocate(64);
        BufferChain chain = new BufferChain(2).addReadable(request).addWritable(answer);
        for (int round = 0; round < 2000; round++) {
            request.putLong(56, round);
            assertThat(queue.add(chain, round)).isTrue();
            if (queue.publish()) {
                guest.notify((int) doorbell, queue.notificationData());
            }
            while (queue.enableUsedNotifications()) {
                long reasons = call(Hypercall.WAIT, 1, Hypercall.WAIT_FOREVER);
                assertThat(reasons).isEqualTo(InterruptStatus.USED_BUFFER);
            }
            assertThat(queue.poll()).isEqualTo(round);
            assertThat(answer.getLong(56)).isEqualTo(round);
        }
        assertThat(guest.session(0).counters(0).requests()).isEqualTo(2000);
        assertThat(call(Hypercall.WAIT, 0, 0)).isZero();
    }

    @Test
    void postsConfigurationChangesOnTheLineThatWasChosen() {
        bringUp(0);
        assertThat(call(Hypercall.SET_STATUS, 0, READY | DeviceStatus.DRIVER_OK))
                .isPositive();
        first.host().changeConfiguration(() -> {});
        assertThat(call(Hypercall.CONFIG_LINE, 0, 2)).isZero();
        first.host().changeConfiguration(() -> {});
        assertThat(call(Hypercall.WAIT, 0, 0)).isZero();
        assertThat(call(Hypercall.WAIT, 2, 0)).isEqualTo(InterruptStatus.CONFIGURATION_CHANGE);
        assertThat(call(Hypercall.WAIT, 2, 0)).isZero();
        assertThat(call(Hypercall.CONFIG_LINE, 0, NO_LINE)).isZero();
        first.host().needsReset("expected by the test");
        assertThat(call(Hypercall.WAIT, 2, 1000)).as("time runs out").isZero();
        assertThat(call(Hypercall.GET_STATUS, 0) & DeviceStatus.DEVICE_NEEDS_RESET)
                .isNotZero();
        assertThat(call(Hypercall.CONFIG_LINE, 0, 2)).isZero();
        assertThat(call(Hypercall.SET_STATUS, 0, 0)).isZero();
        bringUp(0);
        assertThat(call(Hypercall.SET_STATUS, 0, READY | DeviceStatus.DRIVER_OK))
                .isPositive();
        first.host().changeConfiguration(() -> {});
        assertThat(call(Hypercall.WAIT, 2, 0)).as("no line after a reset").isZero();
    }

    @Test
    void aReasonIsTakenOnceAndWaitersEndWithTheGuest() throws Exception {
        List<Integer> taken = new CopyOnWriteArrayList<>();
        List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiters.add(Thread.ofPlatform().start(() -> taken.add(guest.waitForInterrupt(0, -1))));
        }
        for (Thread waiter : waiters) {
            TestDriver.await("sleep", () -> waiter.getState() == Thread.State.TIMED_WAITING);
        }
        assertThat(call(Hypercall.CONFIG_LINE, 0, 0)).isZero();
        bringUp(0);
        assertThat(call(Hypercall.SET_STATUS, 0, READY | DeviceStatus.DRIVER_OK))
                .isPositive();
        first.host().changeConfiguration(() -> {});
        TestDriver.await("one waiter", () -> taken.size() == 1);
        assertThat(taken).containsExactly(InterruptStatus.CONFIGURATION_CHANGE);
        guest.close();
        for (Thread waiter : waiters) {
            waiter.join();
        }
        assertThat(taken).containsExactly(InterruptStatus.CONFIGURATION_CHANGE, 0, 0);
        assertThat(call(Hypercall.VERSION)).isEqualTo(BAD_STATE);
        assertThat(guest.waitForInterrupt(0, -1)).isZero();
    }

    // Resets.

    @Test
    void resetsAQueueAndADeviceWithIoInFlight() {
        bringUp(0);
        DriverVirtqueue queue = queue(0, 8);
        assertThat(setUp(0, queue, NO_LINE)).isZero();
        assertThat(call(Hypercall.SET_STATUS, 0, READY | DeviceStatus.DRIVER_OK))
                .isPositive();
        first.hold();
        assertThat(queue.addReadable(page.address(), 8, 1)).isTrue();
        assertThat(queue.publish()).isTrue();
        assertThat(call(Hypercall.NOTIFY, 0, queue.notificationData())).isZero();
        TestDriver.await("a request", () -> first.held.size() == 1);
        assertThat(call(Hypercall.QUEUE_RESET, 0, 0)).isEqualTo(1);
        assertThat(call(Hypercall.QUEUE_RESET, 0, 2)).as("not enabled").isZero();
        assertThat(setUp(0, queue, 0)).isEqualTo(BAD_STATE);
        assertThat(call(Hypercall.SET_STATUS, 0, 0)).isNotZero();
        assertThat(call(Hypercall.GET_STATUS, 0)).isEqualTo(READY | DeviceStatus.DRIVER_OK);
        bringUp(1);
        first.held.removeFirst().finish();
        TestDriver.await("reset", () -> call(Hypercall.GET_STATUS, 0) == 0);
        assertThat(call(Hypercall.QUEUE_RESET, 0, 0)).isEqualTo(BAD_STATE);
    }

    // Whatever a guest may think of.

    /** Numbers that mean something somewhere are likelier to hurt than others. */
    private long number(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong();
            case 1 -> page.address() + 8L * random.nextInt(4096);
            case 2 -> END - random.nextInt(100);
            case 3 -> 1L << random.nextInt(64);
            case 4 -> -random.nextInt(3);
            case 5 -> READY | DeviceStatus.DRIVER_OK;
            case 6 -> random.nextInt(300);
            default -> random.nextInt(4);
        };
    }

    @Test
    void noCallDoesWorseThanFail() {
        Random random = new Random(4711);
        byte[] noise = new byte[8192];
        for (int round = 0; round < 60_000; round++) {
            if (round % 200 == 0) {
                random.nextBytes(noise);
                page.put(0, noise, 0, noise.length);
                for (int entry = 0; entry < 64; entry++) {
                    entry(entry, random.nextInt(22), number(random), number(random), number(random), number(random));
                }
            }
            int number = random.nextInt(24) - 2;
            long a1 = number(random);
            // Nobody posts here for sure, so no wait without end.
            long result = number == Hypercall.WAIT
                    ? call(number, number(random), a1 & 1023)
                    : call(number, number(random), a1, number(random), number(random));
            assertThat(result).isGreaterThanOrEqualTo(BAD_STATE);
            if (round % 50 == 0) {
                tryQueue(random);
            }
        }
        for (int device = 0; device < 2; device++) {
            int reset = device;
            assertThat(call(Hypercall.SET_STATUS, device, 0)).isNotNegative();
            TestDriver.await("reset", () -> call(Hypercall.GET_STATUS, reset) == 0);
        }
        servesRequestsByDoorbellAndLineAgain();
    }

    /** A queue over noise: the worker meets it too. */
    private void tryQueue(Random random) {
        int device = random.nextInt(2);
        long ignored = call(Hypercall.SET_STATUS, device, 0);
        ignored += call(Hypercall.SET_STATUS, device, UP);
        ignored += call(Hypercall.NEGOTIATE, device, FEATURES.low() & ~(random.nextLong() & 1L << 34), 0);
        long at = page.address() + 64L * random.nextInt(64);
        ignored += setUp(device, random.nextInt(3), 1 << random.nextInt(5), random.nextInt(4), at, at + 256, at + 512);
        ignored += call(Hypercall.SET_STATUS, device, READY | DeviceStatus.DRIVER_OK);
        ignored += call(Hypercall.NOTIFY, random.nextInt(4), 0);
        assertThat(ignored).isGreaterThan(Long.MIN_VALUE);
    }

    private void servesRequestsByDoorbellAndLineAgain() {
        while (call(Hypercall.WAIT, 1, 0) != 0) {
            Thread.onSpinWait();
        }
        bringUp(0);
        DriverVirtqueue queue = queue(2, 16);
        assertThat(setUp(0, queue, 1)).isEqualTo(2);
        assertThat(call(Hypercall.SET_STATUS, 0, READY | DeviceStatus.DRIVER_OK))
                .isPositive();
        assertThat(queue.addWritable(page.address(), 8, 3)).isTrue();
        assertThat(queue.publish()).isTrue();
        assertThat(call(Hypercall.NOTIFY, 2, 2)).isZero();
        assertThat(call(Hypercall.WAIT, 1, Hypercall.WAIT_FOREVER)).isEqualTo(InterruptStatus.USED_BUFFER);
        assertThat(queue.poll()).isEqualTo(3);
    }
}
