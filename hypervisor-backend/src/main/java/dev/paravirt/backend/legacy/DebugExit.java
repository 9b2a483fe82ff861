// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.transport.trap.TrappedDevice;
import java.util.function.IntConsumer;

/** A port that powers the machine off. */
final class DebugExit implements TrappedDevice {
    private final IntConsumer powerOff;
    private boolean off;

    /** @param powerOff takes the exit code, 0 to 255, once, on the thread of the exit */
    DebugExit(IntConsumer powerOff) {
        this.powerOff = powerOff;
    }

    @Override
    public String name() {
        return "power";
    }

    @Override
    public String registerName(int register, boolean write) {
        return "Exit Code";
    }

    @Override
    public int read(int register, int width) {
        return 0;
    }

    @Override
    public void write(int register, int width, int value) {
        if (!off) {
            off = true;
            powerOff.accept(value & 0xff);
        }
    }

    @Override
    public void close() {}
}
