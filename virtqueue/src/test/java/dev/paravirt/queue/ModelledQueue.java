// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.queue.traffic.QueuePair;
import dev.paravirt.spec.ring.NotificationData;
import dev.paravirt.spec.ring.RingIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A queue beside what it should be: lists of requests. Each operation is done to both, and everything that can be seen of
 * the queue is compared.
 */
final class ModelledQueue implements AutoCloseable {
    /** What can be done: {@link #step} takes the number of one. */
    enum Operation {
        ADD_ONE,
        ADD_CHAIN,
        PUBLISH_AVAILABLE,
        POLL_AVAILABLE,
        PUSH_OLDEST,
        PUSH_NEWEST,
        PUBLISH_USED,
        POLL_USED,
        ENABLE_USED,
        ENABLE_AVAILABLE,
        DISABLE_USED,
        DISABLE_AVAILABLE;

        static final int COUNT = values().length;
        private static final Operation[] ALL = values();

        static Operation of(int number) {
            return ALL[number];
        }
    }

    /** Whether the next publication must end in a notification. */
    private enum Armed {
        YES,
        NO,
        EITHER
    }

    private static final class Request {
        final int token;
        final int readable;
        final long[] addresses;
        final int[] lengths;
        final int descriptors;
        boolean pushed;
        long written;

        @Nullable
        DescriptorChain chain;

        Request(int token, int parts, int readable, boolean indirect) {
            this.token = token;
            this.readable = readable;
            addresses = new long[parts];
            lengths = new int[parts];
            descriptors = indirect ? 1 : parts;
            for (int part = 0; part < parts; part++) {
                addresses[part] = QueuePair.BUFFERS + (token * 37L + part * 101L) % BUFFER_BYTES;
                lengths[part] = 1 + (token * 3 + part) % 5;
            }
        }

        long writable() {
            long sum = 0;
            for (int part = readable; part < lengths.length; part++) {
                sum += lengths[part];
            }
            return sum;
        }
    }

    private static final int BUFFER_BYTES = 4096;
    private static final int QUEUE_INDEX = 3;

    private final QueuePair pair;
    private final DriverVirtqueue driver;
    private final DeviceVirtqueue device;
    private final VirtqueueFormat format;
    private final int size;
    private final int indirectCapacity;
    private final BufferChain chain;

    private final Deque<Request> added = new ArrayDeque<>();
    private final Deque<Request> available = new ArrayDeque<>();
    private final List<Request> polled = new ArrayList<>();
    private final Deque<Request> pushed = new ArrayDeque<>();
    private final Deque<Request> used = new ArrayDeque<>();
    private int free;
    private int nextToken;

    /** How many of the polled are not pushed: with IN_ORDER the others wait for them. */
    private int outstanding;

    private Armed deviceArmed = Armed.YES;
    private Armed driverArmed = Armed.YES;

    /** Ring entries that were published since the beginning: chains if split, descriptors if packed. */
    private long published;

    private long unpublished;

    ModelledQueue(VirtqueueFormat format, int size, int indirectCapacity) {
        this.format = format;
        this.size = size;
        this.indirectCapacity = indirectCapacity;
        pair = new QueuePair(format, size, indirectCapacity, BUFFER_BYTES + 16);
        driver = pair.driver();
        device = pair.device();
        chain = new BufferChain(Math.max(size, 1));
        free = size;
    }

    @Override
    public void close() {
        pair.close();
    }

    /** Where the next entry goes, counted from the beginning. */
    long position() {
        return published + unpublished;
    }

    /**
     * Does one operation to queue and model.
     *
     * @param variant picks the shape of a chain and the bytes written: any number from 0 on
     * @return whether anything changed
     */
    boolean step(Operation operation, int variant) {
        boolean changed = switch (operation) {
            case ADD_ONE -> add(1, variant % 2);
            case ADD_CHAIN -> addChain(variant);
            case PUBLISH_AVAILABLE -> publishAvailable();
            case POLL_AVAILABLE -> pollAvailable();
            case PUSH_OLDEST -> push(0, variant);
            case PUSH_NEWEST -> outstanding > 1 && push(outstanding - 1, variant);
            case PUBLISH_USED -> publishUsed();
            case POLL_USED -> pollUsed();
            case ENABLE_USED -> enableUsed();
            case ENABLE_AVAILABLE -> enableAvailable();
            case DISABLE_USED -> disableUsed();
            case DISABLE_AVAILABLE -> disableAvailable();
        };
        expect("free descriptors", free, driver.free());
        expect("outstanding", polled.size(), device.outstanding());
        return changed;
    }

    /** Completes all that is under way, checking it. */
    void drain() {
        step(Operation.PUBLISH_AVAILABLE, 0);
        while (step(Operation.POLL_AVAILABLE, 0)) {}
        while (step(Operation.PUSH_OLDEST, 1)) {}
        step(Operation.PUBLISH_USED, 0);
        while (step(Operation.POLL_USED, 0)) {}
        expect("free descriptors of an empty queue", size, driver.free());
        expect("outstanding of an empty queue", 0, device.outstanding());
    }

    /** Moves an empty queue on by one entry. */
    void advance() {
        step(Operation.ADD_ONE, nextToken);
        drain();
    }

    /** Moves an empty queue on by many entries, fast. */
    void advance(int entries) {
        for (int entry = 0; entry < entries; entry++) {
            driver.addReadable(QueuePair.BUFFERS, 1, 0);
            driver.publish();
            device.push(Objects.requireNonNull(device.poll()), 0);
            device.publish();
            expect("token", 0, driver.poll());
        }
        published += entries;
        deviceArmed = Armed.EITHER;
        driverArmed = Armed.EITHER;
    }

    private boolean addChain(int variant) {
        int longest = Math.max(1, indirectCapacity > 0 && variant % 2 == 0 ? indirectCapacity : size);
        int parts = 1 + (longest == 1 ? 0 : 1 + variant / 2 % (longest - 1));
        return add(parts, variant / 3 % (parts + 1));
    }

    private boolean add(int parts, int readable) {
        boolean indirect = parts > 1 && parts <= indirectCapacity;
        Request request = new Request(nextToken, parts, readable, indirect);
        boolean room = request.descriptors <= free;
        expect("add", room, addToDriver(request));
        if (room) {
            nextToken++;
            free -= request.descriptors;
            added.add(request);
            unpublished += format.packed() ? request.descriptors : 1;
        }
        return room;
    }

    private boolean addToDriver(Request request) {
        if (request.lengths.length == 1 && request.token % 3 == 0) {
            return request.readable == 1
                    ? driver.addReadable(request.addresses[0], request.lengths[0], request.token)
                    : driver.addWritable(request.addresses[0], request.lengths[0], request.token);
        }
        chain.clear();
        for (int part = 0; part < request.lengths.length; part++) {
            if (part < request.readable) {
                chain.addReadable(request.addresses[part], request.lengths[part]);
            } else {
                chain.addWritable(request.addresses[part], request.lengths[part]);
            }
        }
        return driver.add(chain, request.token);
    }

    private boolean publishAvailable() {
        boolean notify = driver.publish();
        boolean any = !added.isEmpty();
        available.addAll(added);
        added.clear();
        published += unpublished;
        unpublished = 0;
        checkNotified("available", any, deviceArmed, notify);
        expect("notification data", notificationData(), driver.notificationData());
        if (any && format.eventIndex()) {
            deviceArmed = Armed.EITHER;
        }
        return any;
    }

    private int notificationData() {
        if (!format.notificationData()) {
            return QUEUE_INDEX;
        }
        if (!format.packed()) {
            return NotificationData.split(QUEUE_INDEX, (int) published & 0xffff);
        }
        boolean wrap = published / size % 2 == 0;
        return NotificationData.packed(QUEUE_INDEX, RingIndex.position((int) (published % size), wrap));
    }

    private static void checkNotified(String what, boolean any, Armed armed, boolean notify) {
        if (!any) {
            expect(what + " notification for nothing", false, notify);
        } else if (armed != Armed.EITHER) {
            expect(what + " notification", armed == Armed.YES, notify);
        }
    }

    private boolean pollAvailable() {
        DescriptorChain got = device.poll();
        Request request = available.poll();
        if (request == null) {
            if (got != null) {
                throw new AssertionError("a request out of nowhere: token " + (nextToken - 1) + " was the last");
            }
            return false;
        }
        if (got == null) {
            throw new AssertionError("request " + request.token + " is not available");
        }
        expect("pieces", request.lengths.length, got.pieces());
        expect("readable pieces", request.readable, got.readablePieces());
        expect("writable bytes", request.writable(), got.writableLength());
        for (int part = 0; part < request.lengths.length; part++) {
            expect("address", request.addresses[part], got.region(part).address() + got.offset(part));
            expect("length", request.lengths[part], got.length(part));
        }
        request.chain = got;
        polled.add(request);
        outstanding++;
        return true;
    }

    /** Gives back the n-th of those that are not given back yet. */
    private boolean push(int n, int variant) {
        if (outstanding == 0) {
            return false;
        }
        Request request = notPushed(n);
        request.written = variant % (request.writable() + 1);
        request.pushed = true;
        device.push(Objects.requireNonNull(request.chain), request.written);
        outstanding--;
        if (!format.inOrder()) {
            polled.remove(request);
            pushed.add(request);
        }
        while (!polled.isEmpty() && polled.getFirst().pushed) {
            pushed.add(polled.removeFirst());
        }
        return true;
    }

    private Request notPushed(int n) {
        int left = n;
        for (Request request : polled) {
            if (!request.pushed && left-- == 0) {
                return request;
            }
        }
        throw new IllegalStateException();
    }

    private boolean publishUsed() {
        boolean notify = device.publish();
        boolean any = !pushed.isEmpty();
        used.addAll(pushed);
        pushed.clear();
        checkNotified("used", any, driverArmed, notify);
        if (any && format.eventIndex()) {
            driverArmed = Armed.EITHER;
        }
        return any;
    }

    private boolean pollUsed() {
        int token = driver.poll();
        Request request = used.poll();
        if (request == null) {
            expect("poll of an empty queue", DriverVirtqueue.NONE, token);
            return false;
        }
        expect("token", request.token, token);
        expect("bytes written", request.written, (long) driver.usedLength());
        free += request.descriptors;
        return true;
    }

    private boolean enableUsed() {
        boolean safe = driver.enableUsedNotifications();
        expect("safe to wait for used buffers", used.isEmpty(), safe);
        Armed before = driverArmed;
        driverArmed = safe ? Armed.YES : Armed.EITHER;
        return before != driverArmed;
    }

    private boolean enableAvailable() {
        boolean safe = device.enableAvailableNotifications();
        expect("safe to wait for available buffers", available.isEmpty(), safe);
        Armed before = deviceArmed;
        deviceArmed = safe ? Armed.YES : Armed.EITHER;
        return before != deviceArmed;
    }

    /** With an event index of a split ring there is no way to say no: the index just stays behind. */
    private Armed disarmed() {
        return format.eventIndex() && !format.packed() ? Armed.EITHER : Armed.NO;
    }

    private boolean disableUsed() {
        driver.disableUsedNotifications();
        Armed before = driverArmed;
        driverArmed = disarmed();
        return before != driverArmed;
    }

    private boolean disableAvailable() {
        device.disableAvailableNotifications();
        Armed before = deviceArmed;
        deviceArmed = disarmed();
        return before != deviceArmed;
    }

    private static void expect(String what, long expected, long actual) {
        if (expected != actual) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual);
        }
    }

    private static void expect(String what, boolean expected, boolean actual) {
        if (expected != actual) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual);
        }
    }
}
