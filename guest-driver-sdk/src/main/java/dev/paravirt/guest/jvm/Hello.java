// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.linux.ReceivedMessage;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The hypervisor's greeting, read and checked. Its descriptors are closed with it, unless they were taken.
 *
 * @param addresses guest-physical address of each region
 * @param sizes bytes of each region
 */
record Hello(ReceivedMessage descriptors, long controlSize, long[] addresses, long[] sizes, int doorbells, int lines)
        implements AutoCloseable {
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    static Hello receive(UnixSocket socket, long timeoutNanos) throws IOException {
        if (!socket.awaitReadable(timeoutNanos)) {
            throw new IOException("the hypervisor did not greet this guest within " + timeoutNanos / 1_000_000
                    + " ms; does it serve another guest?");
        }
        try (Arena local = Arena.ofConfined()) {
            MemorySegment bytes = local.allocate(TwoProcessHello.size(TwoProcessHello.MAX_REGIONS), 8);
            ReceivedMessage message = socket.receive(bytes, TwoProcessHello.MAX_DESCRIPTORS);
            if (message == null || message.isEndOfStream()) {
                throw new IOException("the hypervisor turned this guest away; its log says why");
            }
            try {
                return parse(bytes.asSlice(0, message.length()), message);
            } catch (IOException | RuntimeException failure) {
                message.close();
                throw failure;
            }
        }
    }

    private static Hello parse(MemorySegment bytes, ReceivedMessage message) throws IOException {
        require(bytes.byteSize() >= TwoProcessHello.size(1), "it is too short");
        require(bytes.get(LE64, TwoProcessHello.MAGIC_FIELD) == TwoProcessHello.MAGIC, "it does not begin as one");
        int version = bytes.get(LE32, TwoProcessHello.VERSION);
        require(version >>> 16 == Hypercall.MAJOR, "its major version is " + (version >>> 16));
        int regions = bytes.get(LE32, TwoProcessHello.REGION_COUNT);
        int doorbells = bytes.get(LE32, TwoProcessHello.DOORBELL_COUNT);
        int lines = bytes.get(LE32, TwoProcessHello.LINE_COUNT);
        require(regions >= 1 && regions <= TwoProcessHello.MAX_REGIONS, regions + " memory regions");
        require(doorbells >= 0 && doorbells <= TwoProcessHello.MAX_DESCRIPTORS, doorbells + " doorbells");
        require(lines >= 0 && lines <= TwoProcessHello.MAX_DESCRIPTORS, lines + " interrupt lines");
        require(bytes.byteSize() >= TwoProcessHello.size(regions), "it is too short for its regions");
        require(
                message.descriptorCount() == TwoProcessHello.descriptorCount(regions, doorbells, lines),
                message.descriptorCount() + " descriptors came with it");
        long controlSize = bytes.get(LE64, TwoProcessHello.CONTROL_SIZE);
        require(controlSize >= ControlLayout.size(doorbells, lines), controlSize + " bytes of control memory");
        long[] addresses = new long[regions];
        long[] sizes = new long[regions];
        for (int region = 0; region < regions; region++) {
            addresses[region] = bytes.get(LE64, TwoProcessHello.region(region) + TwoProcessHello.REGION_GPA);
            sizes[region] = bytes.get(LE64, TwoProcessHello.region(region) + TwoProcessHello.REGION_LENGTH);
            requireApart(addresses, sizes, region);
        }
        return new Hello(message, controlSize, addresses, sizes, doorbells, lines);
    }

    private static void requireApart(long[] addresses, long[] sizes, int region) throws IOException {
        long address = addresses[region];
        long size = sizes[region];
        require(address >= 0 && size > 0 && address <= Long.MAX_VALUE - size, "memory region " + region);
        for (int other = 0; other < region; other++) {
            boolean apart = address + size <= addresses[other] || addresses[other] + sizes[other] <= address;
            require(apart, "memory regions " + other + " and " + region + " overlap");
        }
    }

    private static void require(boolean condition, String otherwise) throws IOException {
        if (!condition) {
            throw new IOException("the greeting is not one of a paravirt hypervisor of version " + Hypercall.MAJOR
                    + ": " + otherwise);
        }
    }

    @Override
    public void close() {
        descriptors.close();
    }
}
