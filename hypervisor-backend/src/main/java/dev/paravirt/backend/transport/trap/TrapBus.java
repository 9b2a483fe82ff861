// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.backend.transport.hypercall.InterruptLines;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.trap.Exit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The ports and device registers of a machine, and what happens at an {@link Exit}. Exits come from one thread at a time.
 * No argument makes one do worse than read all ones, write nothing, or fail.
 */
public final class TrapBus implements AutoCloseable {
    private final GuestMemory memory;
    private final InterruptLines lines;
    private final List<BusWindow> ports = new ArrayList<>();
    private final List<BusWindow> registers = new ArrayList<>();
    private final Set<TrappedDevice> devices = new LinkedHashSet<>();
    private final AtomicLong nowhere = new AtomicLong();

    TrapBus(GuestMemory memory, InterruptLines lines) {
        this.memory = memory;
        this.lines = lines;
    }

    /**
     * Puts registers of a device at ports. The device belongs to the bus from now on.
     *
     * @param port of the first of them
     * @param firstRegister which register of the device it is
     */
    public void ports(int port, int count, TrappedDevice device, int firstRegister) {
        devices.add(device);
        if (port < 0 || count < 1 || port + count > Exit.PORTS) {
            throw new IllegalArgumentException(count + " ports from 0x" + Integer.toHexString(port) + " on");
        }
        add(ports, new BusWindow(device, port, count, firstRegister), port, count);
    }

    /**
     * Puts a device's registers into guest-physical address space, where there must be no memory.
     *
     * @param gpa of register 0
     * @param size bytes
     */
    public void registers(long gpa, int size, TrappedDevice device) {
        devices.add(device);
        if (gpa < 0 || size < 1 || memory.find(gpa, 1) != null || memory.find(gpa + size - 1, 1) != null) {
            throw new IllegalArgumentException("no place for registers: 0x" + Long.toHexString(gpa));
        }
        add(registers, new BusWindow(device, gpa, size, 0), gpa, size);
    }

    private static void add(List<BusWindow> windows, BusWindow window, long base, int size) {
        for (BusWindow other : windows) {
            if (other.overlaps(base, size)) {
                throw new IllegalArgumentException("there is a device at 0x" + Long.toHexString(base) + " already");
            }
        }
        windows.add(window);
    }

    /** The pin for a device that interrupts by edges on a line, as on an ISA bus. */
    public InterruptOutput line(int line) {
        if (line < 0 || line >= lines.count()) {
            throw new IllegalArgumentException("interrupt line " + line + " of " + lines.count());
        }
        return new EdgeTriggeredInput(lines, line);
    }

    /** Interrupts the guest once. From any thread; does not wait. */
    void raise(int line, int reasons) {
        lines.raise(line, reasons);
    }

    /**
     * Handles an exit.
     *
     * @param number one of {@link Exit}; the arguments are as described there, and any numbers
     * @return the value that was read, else 0; BAD_ADDRESS if a string is not all in one memory region, INVALID_ARGUMENT
     *     if it is too long or a width is none, NOT_SUPPORTED if there is no such exit
     */
    long exit(int number, long a0, long a1, long a2, long a3) {
        if (a1 != 1 && a1 != 2 && a1 != 4) {
            return HypercallError.INVALID_ARGUMENT;
        }
        int width = (int) a1;
        return switch (number) {
            case Exit.PORT_IN -> Integer.toUnsignedLong(read(find(ports, a0), a0, width));
            case Exit.REGISTER_READ -> Integer.toUnsignedLong(read(find(registers, a0), a0, width));
            case Exit.PORT_OUT -> write(find(ports, a0), a0, width, (int) a2);
            case Exit.REGISTER_WRITE -> write(find(registers, a0), a0, width, (int) a2);
            case Exit.PORT_IN_STRING, Exit.PORT_OUT_STRING -> string(number == Exit.PORT_OUT_STRING, a0, width, a2, a3);
            default -> HypercallError.NOT_SUPPORTED;
        };
    }

    private static @Nullable BusWindow find(List<BusWindow> windows, long address) {
        for (int i = 0; i < windows.size(); i++) {
            if (windows.get(i).contains(address)) {
                return windows.get(i);
            }
        }
        return null;
    }

    private int read(@Nullable BusWindow window, long address, int width) {
        if (window == null) {
            nowhere.incrementAndGet();
            return Exit.floating(width);
        }
        return window.read(address, width) & Exit.floating(width);
    }

    private long write(@Nullable BusWindow window, long address, int width, int value) {
        if (window == null) {
            nowhere.incrementAndGet();
        } else {
            window.write(address, width, value & Exit.floating(width));
        }
        return 0;
    }

    private long string(boolean write, long port, int width, long count, long gpa) {
        if (count < 0 || count > Exit.MAX_STRING / width) {
            return HypercallError.INVALID_ARGUMENT;
        }
        int bytes = (int) count * width;
        MemoryRegion region = memory.find(gpa, bytes);
        if (region == null) {
            return HypercallError.BAD_ADDRESS;
        }
        BusWindow window = find(ports, port);
        long offset = gpa - region.address();
        if (window == null) {
            nowhere.incrementAndGet();
            if (!write) {
                region.fill(offset, bytes, (byte) -1);
            }
        } else if (write) {
            window.writeString(port, width, (int) count, region.segment(), offset);
        } else {
            window.readString(port, width, (int) count, region.segment(), offset);
        }
        return 0;
    }

    /** What was counted so far, devices in the order in which they were put here. From any thread. */
    public List<ExitCount> counts() {
        List<ExitCount> counts = new ArrayList<>();
        ports.forEach(window -> counts.addAll(window.counts()));
        registers.forEach(window -> counts.addAll(window.counts()));
        return counts;
    }

    /**
     * Where an exit leads.
     *
     * @param number one of {@link Exit}
     * @param address of the port or register
     * @return device and register, such as "ata: Sector Count"; or the address, if there is nothing
     */
    public String describe(int number, long address) {
        boolean isPort = number != Exit.REGISTER_READ && number != Exit.REGISTER_WRITE;
        BusWindow window = find(isPort ? ports : registers, address);
        boolean write = number == Exit.PORT_OUT || number == Exit.PORT_OUT_STRING || number == Exit.REGISTER_WRITE;
        return window == null ? "0x" + Long.toHexString(address) : window.describe(address, write);
    }

    /** All exits so far, those to addresses where nothing is included. From any thread. */
    public long exits() {
        return nowhere.get() + counts().stream().mapToLong(ExitCount::exits).sum();
    }

    /** Closes the devices. */
    @Override
    public void close() {
        devices.forEach(TrappedDevice::close);
    }
}
