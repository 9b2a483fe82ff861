// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.transport.hypercall.InterruptLines;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.spec.legacy.Ne2000;
import dev.paravirt.spec.legacy.PcPorts;
import dev.paravirt.spec.legacy.Uart;
import dev.paravirt.spec.trap.Exit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A guest that plays a script of accesses, sensible or not, against all trapped devices; the world outside plays along.
 * A line is one of these, with numbers in hexadecimal:
 *
 * <pre>
 * r WIDTH PORT                 reads
 * w WIDTH PORT VALUE           writes
 * rs WIDTH PORT COUNT OFFSET   reads a string to guest memory
 * ws WIDTH PORT COUNT OFFSET   writes one from there
 * frame LENGTH FIRST           a frame comes, its destination beginning with a byte
 * key VALUE                    a character comes
 * room COUNT                   the console takes so many characters more
 * </pre>
 */
final class HostileGuest implements AutoCloseable {
    static final int MEMORY = 1 << 16;
    private static final byte CANARY = 0x6b;
    private static final int SECTORS = 1000;

    private final Arena arena = Arena.ofConfined();
    private final MemoryRegion region = new MemoryRegion(0, arena.allocate(MEMORY, 4096));
    private final Console console = new Console();
    private final Network network = new Network();
    private final TrapBus bus;
    private int interrupts;

    private static final class Console implements ConsoleEnd {
        private @Nullable ConsoleLine line;
        private int room = 100;

        @Override
        public void attach(ConsoleLine port) {
            line = port;
        }

        @Override
        public int write(byte[] bytes, int start, int length) {
            int taken = Math.min(length, room);
            room -= taken;
            return taken;
        }

        @Override
        public void inputWanted() {}

        @Override
        public void close() {}
    }

    private static final class Network implements NetBackend {
        private @Nullable NetPort port;

        @Override
        public void attach(NetPort other) {
            port = other;
        }

        @Override
        public boolean send(ByteBuf frame) {
            assertThat(frame.readableBytes()).isBetween(Ne2000.FRAME_HEADER, Ne2000.MAX_FRAME + 4);
            return frame.release();
        }

        @Override
        public void close() {}
    }

    HostileGuest() {
        PcBoard board = new PcBoard()
                .serialPort(console)
                .disk(new MemoryImage(SECTORS * 512L))
                .secondDisk(new MemoryImage(512))
                .network(network, new byte[] {2, 0, 0, 0, 0, 1});
        bus = TrapMachine.wired(new GuestMemory(region), new Lines(), board);
    }

    private final class Lines implements InterruptLines {
        @Override
        public int count() {
            return PcPorts.LINES;
        }

        @Override
        public void raise(int line, int reasons) {
            interrupts++;
        }
    }

    void play(String script) {
        script.lines().forEach(this::playLine);
    }

    private void playLine(String text) {
        String[] words = text.split(" ");
        long[] n = new long[words.length - 1];
        for (int i = 0; i < n.length; i++) {
            n[i] = Long.parseLong(words[i + 1], 16);
        }
        switch (words[0]) {
            case "r" -> read((int) n[0], (int) n[1]);
            case "w" -> write((int) n[0], (int) n[1], n[2]);
            case "rs" -> string(Exit.PORT_IN_STRING, n[0], n[1], n[2], n[3]);
            case "ws" -> string(Exit.PORT_OUT_STRING, n[0], n[1], n[2], n[3]);
            case "frame" -> frame((int) n[0], (int) n[1]);
            case "key" -> key((int) n[0]);
            case "room" -> {
                console.room = (int) n[0];
                line().outputWanted();
            }
            default -> throw new IllegalArgumentException(text);
        }
    }

    private ConsoleLine line() {
        return Objects.requireNonNull(console.line);
    }

    private int read(int width, int port) {
        long value = bus.exit(Exit.PORT_IN, port, width, 0, 0);
        assertThat(value).isBetween(0L, Integer.toUnsignedLong(Exit.floating(width)));
        return (int) value;
    }

    private void write(int width, int port, long value) {
        assertThat(bus.exit(Exit.PORT_OUT, port, width, value, 0)).isZero();
    }

    /** Just the bytes that were asked for change; what is not in memory is refused. */
    private void string(int number, long width, long port, long count, long at) {
        long bytes = count * width;
        boolean possible = bytes <= Exit.MAX_STRING && at >= 0 && at <= MEMORY - bytes;
        if (number == Exit.PORT_IN_STRING && possible) {
            region.fill(0, MEMORY, CANARY);
        }
        long result = bus.exit(number, port, width, count, at);
        assertThat(result == 0).isEqualTo(possible);
        if (number == Exit.PORT_IN_STRING && possible) {
            assertThat(at == 0 || region.getByte(at - 1) == CANARY).isTrue();
            assertThat(at + bytes == MEMORY || region.getByte(at + bytes) == CANARY)
                    .isTrue();
        }
    }

    private void frame(int length, int first) {
        byte[] frame = new byte[length];
        Arrays.fill(frame, (byte) first);
        // Not wrappedBuffer: an empty one of those is a constant, which is never released.
        ByteBuf buffer = Unpooled.buffer(length + 1).writeBytes(frame);
        Objects.requireNonNull(network.port).receive(buffer);
        assertThat(buffer.refCnt()).isZero();
    }

    private void key(int value) {
        byte[] bytes = {(byte) value};
        assertThat(line().input(bytes, 0, 1)).isBetween(0, 1);
    }

    /** After whatever there was, a reset makes every device what it was. */
    void checkThatDevicesCanBeReset() {
        write(1, PcPorts.ATA_CONTROL, Ata.CONTROL_SRST);
        write(1, PcPorts.ATA_CONTROL, 0);
        write(1, PcPorts.ATA + Ata.COMMAND, Ata.IDENTIFY_DEVICE);
        assertThat(read(1, PcPorts.ATA + Ata.STATUS) & Ata.STATUS_DRQ).isNotZero();
        int[] identity = new int[256];
        for (int i = 0; i < identity.length; i++) {
            identity[i] = read(2, PcPorts.ATA);
        }
        assertThat(identity[Ata.ID_LBA28_SECTORS]).isEqualTo(SECTORS);

        write(1, PcPorts.COM1 + Uart.LCR, Uart.LCR_8N1);
        write(1, PcPorts.COM1 + Uart.FCR, 0);
        write(1, PcPorts.COM1 + Uart.MCR, Uart.MCR_LOOP);
        write(1, PcPorts.COM1 + Uart.FCR, Uart.FCR_ENABLE);
        write(1, PcPorts.COM1 + Uart.THR, 0x5a);
        assertThat(read(1, PcPorts.COM1 + Uart.RBR)).isEqualTo(0x5a);

        read(1, PcPorts.NE2000 + Ne2000.RESET);
        assertThat(read(1, PcPorts.NE2000)).isEqualTo(Ne2000.CR_STP | Ne2000.CR_NO_DMA);
        write(1, PcPorts.NE2000 + Ne2000.P0W_DCR, Ne2000.DCR_WTS);
        write(1, PcPorts.NE2000 + Ne2000.P0W_RBCR0, 2);
        write(1, PcPorts.NE2000 + Ne2000.P0W_RBCR1, 0);
        write(1, PcPorts.NE2000 + Ne2000.P0W_RSAR0, 28);
        write(1, PcPorts.NE2000 + Ne2000.P0W_RSAR1, 0);
        write(1, PcPorts.NE2000, Ne2000.CR_REMOTE_READ | Ne2000.CR_STA);
        assertThat(read(2, PcPorts.NE2000 + Ne2000.DATA)).isEqualTo(Ne2000.PROM_MARK * 0x101);
        assertThat(bus.exits()).isPositive();
        assertThat(interrupts).isNotNegative();
    }

    @Override
    public void close() {
        bus.close();
        arena.close();
    }
}
