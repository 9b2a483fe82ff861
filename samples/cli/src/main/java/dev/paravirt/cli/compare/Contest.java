// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.legacy.PortTransfer;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** The contenders, each with a hypervisor process to work with. For one run, by one thread. */
public final class Contest implements AutoCloseable {
    private static final int DEPTH = 32;

    private final List<GuestOfProcess> guests = new ArrayList<>();
    private final List<Contender> contenders = new ArrayList<>();

    /** Starts a hypervisor process for each machine. */
    public Contest() throws IOException {
        try {
            addTrapped(start(MachineKind.TRAPPED));
            addMmio(start(MachineKind.MMIO));
            addHypercall(start(MachineKind.HYPERCALL));
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private GuestOfProcess start(MachineKind kind) throws IOException {
        GuestOfProcess guest = GuestOfProcess.start(kind);
        guests.add(guest);
        return guest;
    }

    private void addTrapped(GuestOfProcess guest) throws IOException {
        TrapGate gate = new TrapGate(guest.platform());
        contenders.add(new TrappedContender("trapped, by words", guest, gate, PortTransfer.WORD));
        contenders.add(new TrappedContender("trapped, by strings", guest, gate, PortTransfer.STRING));
    }

    private void addMmio(GuestOfProcess guest) throws IOException {
        JvmPlatform platform = guest.platform();
        TrapGate gate = new TrapGate(platform);
        MmioTransport transport =
                MmioTransport.open(gate.registers(HypervisorProcess.REGISTERS), platform, "virtio-mmio");
        BlockDriver driver = BlockDriver.start(transport, platform, BlockDriverOptions.DEFAULT.withSpin(0));
        addVirtio("mmio, interrupts", guest, driver, false);
    }

    private void addHypercall(GuestOfProcess guest) throws IOException {
        JvmPlatform platform = guest.platform();
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        for (int device = 0; device < 2; device++) {
            boolean polling = device == 1;
            HypercallTransport transport =
                    HypercallTransport.open(hypercalls, platform, hypercalls.find(DeviceType.BLOCK, device));
            BlockDriverOptions options = BlockDriverOptions.DEFAULT.withSpin(0).withLines(device, 1);
            BlockDriver driver = BlockDriver.start(transport, platform, options);
            addVirtio(polling ? "hypercall, polling" : "hypercall, interrupts", guest, driver, polling);
        }
    }

    private void addVirtio(String name, GuestOfProcess guest, BlockDriver driver, boolean polling) {
        DmaBuffer[] buffers = new DmaBuffer[DEPTH];
        for (int i = 0; i < DEPTH; i++) {
            buffers[i] = guest.platform().allocate(HypervisorProcess.BLOCK, HypervisorProcess.BLOCK);
        }
        contenders.add(new VirtioContender(name, guest, driver, buffers, 1, polling));
        contenders.add(new VirtioContender(name, guest, driver, buffers, DEPTH, polling));
    }

    /**
     * Measures.
     *
     * @param rounds that count; one before them warms up
     * @param turnNanos how long each contender works in a round
     * @param isStopped whether to give up the round that is under way, and those after it
     * @param progress hears after each round how many are done
     */
    public Report run(int rounds, long turnNanos, BooleanSupplier isStopped, IntConsumer progress) throws IOException {
        Surroundings surroundings = Surroundings.look();
        List<Result> results = new Rounds(contenders, isStopped).run(rounds, turnNanos, progress);
        List<RegisterExits> exits = new ArrayList<>();
        Map<MachineKind, Long> exitsOfGuests = new EnumMap<>(MachineKind.class);
        for (GuestOfProcess guest : guests) {
            exitsOfGuests.put(guest.kind(), guest.exits());
            exits.addAll(guest.finish());
        }
        return new Report(surroundings, turnNanos, results, exitsOfGuests, exits);
    }

    /** Ends the hypervisor processes. */
    @Override
    public void close() throws IOException {
        for (GuestOfProcess guest : guests) {
            guest.close();
        }
    }
}
