// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.transport.mmio.MmioDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.time.Duration;
import java.util.List;

/** A virtio device behind virtio-mmio registers, of which each access is an exit. Its rings are in memory. */
public final class TrappedMmio implements TrappedDevice {
    /** Bytes of address space for its registers, by custom. */
    public static final int SIZE = 0x200;

    private static final Duration RESET_WAIT = Duration.ofSeconds(10);

    private final String name;
    private final QueueWorker worker;
    private final MmioDevice device;

    /**
     * Puts a device on a bus, with a worker of its own.
     *
     * @param device belongs to the bus, which closes it
     * @param gpa where its registers are to be
     * @param line where it interrupts
     */
    public static TrappedMmio install(
            TrapBus bus, GuestMemory memory, VirtioDevice device, String name, long gpa, int line) {
        TrappedMmio trapped = new TrappedMmio(bus, memory, device, name, line);
        bus.registers(gpa, SIZE, trapped);
        return trapped;
    }

    private TrappedMmio(TrapBus bus, GuestMemory memory, VirtioDevice device, String name, int line) {
        this.name = name;
        this.worker = QueueWorker.start("mmio-" + name);
        this.device = MmioDevice.start(
                device, memory, Features.MMIO, List.of(worker), () -> bus.raise(line, InterruptStatus.ALL), RESET_WAIT);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String registerName(int register, boolean write) {
        return switch (register) {
            case MmioRegisters.QUEUE_NOTIFY -> "QueueNotify";
            case MmioRegisters.INTERRUPT_STATUS -> "InterruptStatus";
            case MmioRegisters.INTERRUPT_ACK -> "InterruptACK";
            case MmioRegisters.STATUS -> "Status";
            default ->
                register >= MmioRegisters.CONFIG
                        ? "Config+" + (register - MmioRegisters.CONFIG)
                        : "0x" + Integer.toHexString(register);
        };
    }

    @Override
    public int read(int register, int width) {
        return device.read(register, width);
    }

    @Override
    public void write(int register, int width, int value) {
        device.write(register, width, value);
    }

    @Override
    public void close() {
        device.close();
        worker.close();
    }
}
