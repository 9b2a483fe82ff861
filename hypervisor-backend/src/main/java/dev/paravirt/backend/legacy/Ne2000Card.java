// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.transport.trap.InterruptOutput;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.Ne2000;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An NE2000: a {@link Dp8390} (National Semiconductor, "DP8390D/NS32490D NIC Network Interface Controller") with 16 KiB of
 * memory of its own and the station address in a PROM, both behind a data port. Registers 0 to 15 are the controller's,
 * 16 to 23 the data port, 24 to 31 reset the card when they are read.
 *
 * <p>The wire has no collisions and takes no time: a frame is sent when the command for it is written.
 */
public final class Ne2000Card implements TrappedDevice, NetPort {
    private static final int BYTE = 0xff;
    private static final int MTU = 1500;

    private final String name;
    private final NetBackend backend;
    private final InterruptOutput interrupt;
    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();

    // Guarded by this.
    private final Dp8390 controller;
    private boolean closed;

    /**
     * @param address six bytes
     * @param backend belongs to the card, which closes it; whatever its frames ask for is done before the card has them
     */
    public Ne2000Card(String name, byte[] address, NetBackend backend, InterruptOutput interrupt) {
        if (address.length != Ne2000.ADDRESS) {
            throw new IllegalArgumentException("an Ethernet address has 6 bytes, not " + address.length);
        }
        this.name = name;
        this.backend = NetBackend.finished(backend, MTU);
        this.interrupt = interrupt;
        this.controller = new Dp8390(new CardMemory(address));
        this.backend.attach(this);
    }

    /** Puts the card at its 32 ports. */
    public void install(TrapBus bus, int port) {
        bus.ports(port, Ne2000.REGISTERS, this, 0);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String registerName(int register, boolean write) {
        if (register >= Ne2000.RESET) {
            return "Reset";
        }
        if (register >= Ne2000.DATA) {
            return "Data";
        }
        return switch (register) {
            case Ne2000.CR -> "CR";
            case Ne2000.P0_BNRY -> "BNRY";
            case Ne2000.P0_ISR -> "ISR or CURR";
            default -> "register " + register;
        };
    }

    @Override
    public synchronized int read(int register, int width) {
        int value = 0;
        for (int b = 0; b < width; ) {
            if (isData(register)) {
                int step = Math.min(width - b, dataWidth());
                value |= (readData() & (step == 1 ? BYTE : 0xffff)) << 8 * b;
                b += step;
            } else {
                value |= readByte(register + b) << 8 * b;
                b++;
            }
        }
        updateInterrupt();
        return value;
    }

    private static boolean isData(int register) {
        return register >= Ne2000.DATA && register < Ne2000.RESET;
    }

    /** One access of the port moves a word, or a byte, as DCR says; a wider one is several. */
    private int dataWidth() {
        return controller.remote().width();
    }

    private int readData() {
        RemoteDma remote = controller.remote();
        if (!remote.isActive(false)) {
            return 0xffff;
        }
        int value = remote.read();
        if (remote.count() == 0) {
            controller.remoteComplete();
        }
        return value;
    }

    private int readByte(int register) {
        if (register < Ne2000.CORE_REGISTERS) {
            return controller.read(register);
        }
        if (register >= Ne2000.RESET && register < Ne2000.REGISTERS) {
            controller.reset();
        }
        return BYTE;
    }

    @Override
    public void write(int register, int width, int value) {
        ByteBuf frame;
        synchronized (this) {
            if (isData(register)) {
                writeData(width, value);
            } else {
                for (int b = 0; b < width && register + b < Ne2000.CORE_REGISTERS; b++) {
                    controller.write(register + b, value >> 8 * b & BYTE);
                }
            }
            frame = takeOutgoing();
            updateInterrupt();
        }
        if (frame != null) {
            // Without our lock: the backend may hand the frame to another card, which hands one to us.
            (backend.send(frame) ? sent : dropped).incrementAndGet();
        }
    }

    private void writeData(int width, int value) {
        RemoteDma remote = controller.remote();
        for (int b = 0; b < width && remote.isActive(true); b += remote.width()) {
            remote.write(value >> 8 * b);
            if (remote.count() == 0) {
                controller.remoteComplete();
            }
        }
    }

    private @Nullable ByteBuf takeOutgoing() {
        int length = controller.takeOutgoing();
        return length == 0 || closed
                ? null
                : allocator.heapBuffer(length, length).writeBytes(controller.frame(), 0, length);
    }

    private void updateInterrupt() {
        interrupt.set(controller.isInterrupting() && !closed);
    }

    @Override
    public boolean receive(ByteBuf frame) {
        boolean taken;
        try {
            taken = store(frame);
        } finally {
            frame.release();
        }
        (taken ? received : dropped).incrementAndGet();
        return taken;
    }

    private synchronized boolean store(ByteBuf frame) {
        int length = frame.readableBytes();
        if (closed || !Dp8390.fits(length)) {
            return false;
        }
        frame.getBytes(frame.readerIndex(), controller.frame(), 0, length);
        boolean taken = controller.receive(length);
        updateInterrupt();
        return taken;
    }

    /** An NE2000 does not know whether there is a cable in it. */
    @Override
    public void linkUp(boolean up) {}

    /** Frames that the backend took. */
    public long sent() {
        return sent.get();
    }

    /** Frames that reached the ring. */
    public long received() {
        return received.get();
    }

    /** Frames that were not for this card, or found no room, or were refused by the backend. */
    public long dropped() {
        return dropped.get();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        backend.close();
    }
}
