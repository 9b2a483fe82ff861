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
import java.util.ArrayList;
import java.util.List;

/**
 * The hypervisor's greeting, read and checked. Its descriptors are closed with it, unless they were taken.
 */
record Hello(ReceivedMessage descriptors, long controlSize, List<Region> regions, int doorbells, int lines)
        implements AutoCloseable {
    /** Guest-physical address of the first byte, and bytes. */
    record Region(long address, long size) {
        boolean overlaps(Region other) {
            return address < other.address + other.size && other.address < address + size;
        }
    }

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
        return new Hello(message, controlSize, regions(bytes, regions), doorbells, lines);
    }

    private static List<Region> regions(MemorySegment bytes, int count) throws IOException {
        List<Region> regions = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            Region region = new Region(
                    bytes.get(LE64, TwoProcessHello.region(index) + TwoProcessHello.REGION_GPA),
                    bytes.get(LE64, TwoProcessHello.region(index) + TwoProcessHello.REGION_LENGTH));
            boolean sound = region.address >= 0 && region.size > 0 && region.address <= Long.MAX_VALUE - region.size;
            require(sound, "memory region " + index + " is no range of addresses");
            require(regions.stream().noneMatch(region::overlaps), "memory region " + index + " overlaps another");
            regions.add(region);
        }
        return List.copyOf(regions);
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
