// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.PcPorts;
import java.util.function.Consumer;

/** A port that prints: what is left when nothing else works yet. Reads as its own number, by which it is found. */
final class DebugConsole implements TrappedDevice {
    private final Consumer<byte[]> sink;

    /** @param sink takes each character on the thread of the exit */
    DebugConsole(Consumer<byte[]> sink) {
        this.sink = sink;
    }

    @Override
    public String name() {
        return "debug console";
    }

    @Override
    public String registerName(int register, boolean write) {
        return "Character";
    }

    @Override
    public int read(int register, int width) {
        return PcPorts.DEBUG_CONSOLE;
    }

    @Override
    public void write(int register, int width, int value) {
        sink.accept(new byte[] {(byte) value});
    }

    @Override
    public void close() {}
}
