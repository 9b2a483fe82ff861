// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.InterruptStatus;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A QEMU whose CPU sleeps for ever while a test takes its place: guest memory is a file that both map, registers and
 * interrupts go through the test socket. Its virtio devices were written by nobody of this project.
 */
abstract class QemuMachine implements Platform, AutoCloseable {
    static final String PROGRAM = "qemu-system-x86_64";

    private static final int MEMORY_BYTES = 32 << 20;

    /** Below lies what a PC has there; our rings and buffers lie above. */
    private static final int FIRST_DMA_ADDRESS = 1 << 20;

    private static final int FIRMWARE_BYTES = 64 << 10;
    private static final int RESET_VECTOR = FIRMWARE_BYTES - 16;
    private static final byte[] DISABLE_INTERRUPTS_AND_HALT = {(byte) 0xfa, (byte) 0xf4, (byte) 0xeb, (byte) 0xfd};

    private static final long START_MILLIS = 30_000;

    /** After so many seconds QEMU is ended even if the test, and whoever ran it, is dead. */
    private static final String WATCHDOG_SECONDS = "120";

    private final Process process;
    private final QtestClient qtest;
    private final Arena arena = Arena.ofShared();
    private final MemoryRegion memory;
    private long nextDmaAddress = FIRST_DMA_ADDRESS;

    /**
     * Starts it.
     *
     * @param folder for its files, empty
     * @param machine the machine type and its options
     * @param devices options that describe the devices
     */
    QemuMachine(Path folder, String machine, List<String> devices) throws IOException, InterruptedException {
        Path ram = folder.resolve("ram");
        try (FileChannel file =
                FileChannel.open(ram, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            memory = new MemoryRegion(0, file.map(FileChannel.MapMode.READ_WRITE, 0, MEMORY_BYTES, arena));
        }
        byte[] firmware = new byte[FIRMWARE_BYTES];
        System.arraycopy(DISABLE_INTERRUPTS_AND_HALT, 0, firmware, RESET_VECTOR, DISABLE_INTERRUPTS_AND_HALT.length);
        Files.write(folder.resolve("firmware"), firmware);
        Path socket = folder.resolve("qtest");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            process = start(folder, machine, devices);
            try {
                qtest = accept(server);
            } catch (IOException | InterruptedException | RuntimeException failure) {
                end();
                throw failure;
            }
        }
    }

    private static Process start(Path folder, String machine, List<String> devices) throws IOException {
        List<String> command = new ArrayList<>(List.of("timeout", "--kill-after=1", WATCHDOG_SECONDS, PROGRAM));
        command.addAll(List.of("-accel", "tcg", "-nodefaults", "-display", "none", "-m", (MEMORY_BYTES >> 20) + "M"));
        command.addAll(List.of("-machine", machine + ",memory-backend=ram"));
        String ram = "memory-backend-file,id=ram,share=on,size=" + MEMORY_BYTES + ",mem-path=" + folder.resolve("ram");
        command.addAll(
                List.of("-object", ram, "-bios", folder.resolve("firmware").toString()));
        command.addAll(List.of("-qtest", "unix:" + folder.resolve("qtest"), "-qtest-log", "/dev/null"));
        command.addAll(devices);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    private QtestClient accept(ServerSocketChannel server) throws IOException, InterruptedException {
        try (Selector selector = Selector.open()) {
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            for (long waited = 0; waited < START_MILLIS && process.isAlive(); waited += 100) {
                if (selector.select(100) > 0) {
                    return new QtestClient(server.accept());
                }
            }
        }
        throw new IOException("QEMU has not connected; its messages are in the file 'output' beside its socket"
                + (process.isAlive() ? "" : ", and it ended with status " + process.waitFor()));
    }

    /** The one device of a type, which must be there. */
    final MmioTransport open(int deviceType) throws DeviceException {
        return MmioTransport.open(registersOf(deviceType), this, where(deviceType));
    }

    /** What to call the place of that device in messages. */
    abstract String where(int deviceType);

    /** The interrupt line of that device. */
    abstract int line(int deviceType);

    /** The registers of that device. */
    abstract RegisterGate registersOf(int deviceType);

    /** Whatever QEMU has in its address space from an address on. */
    final RegisterGate registersAt(long base) {
        return new RegisterGate() {
            @Override
            public int read(int offset, int width) {
                return (int) qtest.read(base + offset, width);
            }

            @Override
            public void write(int offset, int width, int value) {
                // A command through the kernel orders memory; that this is so on both sides, x86 alone promises.
                MemoryRegion.fullFence();
                qtest.write(base + offset, width, value & 0xffffffffL);
            }
        };
    }

    final QtestClient qtest() {
        return qtest;
    }

    /** All of guest memory, from address 0 on. */
    final MemoryRegion memory() {
        return memory;
    }

    @Override
    public final DmaBuffer allocate(int bytes, int alignment) {
        long address = (nextDmaAddress + alignment - 1) & -alignment;
        if (!memory.contains(address, bytes)) {
            throw new IllegalStateException("guest memory is used up: no " + bytes + " bytes are left");
        }
        nextDmaAddress = address + bytes;
        DmaBuffer buffer = new DmaBuffer(memory, address, bytes);
        buffer.fill(0, bytes, (byte) 0);
        return buffer;
    }

    @Override
    public final long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public final int waitForInterrupt(int line, long timeoutNanos) {
        if (!qtest.isRaised(line)) {
            qtest.awaitInterrupts(timeoutNanos);
        }
        return qtest.isRaised(line) ? InterruptStatus.ALL : 0;
    }

    @Override
    public final void close() throws IOException {
        try {
            qtest.close();
        } finally {
            end();
            arena.close();
        }
    }

    /** Ends the watchdog, which takes QEMU with it. */
    private void end() {
        process.destroy();
        process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
        if (process.isAlive()) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
