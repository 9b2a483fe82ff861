// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A machine whose clock moves when it is read or when the CPU halts: tests take no time and always the same. */
final class TestMachine implements Machine {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private long nanos = 1_000;
    int halts;
    /** Is run when the CPU is idle, and when the kernel looks at its devices. */
    Runnable idle = () -> {};

    Runnable devices = () -> {};

    @Override
    public long monotonicNanos() {
        return nanos += 10;
    }

    @Override
    public long epochMillis() {
        return 1_777_863_721_000L + nanos / 1_000_000;
    }

    @Override
    public void print(byte[] text, int start, int length) {
        printed.write(text, start, length);
    }

    @Override
    public void poll() {
        devices.run();
    }

    @Override
    public void waitForInterrupt(long limit) {
        halts++;
        if (limit == Long.MAX_VALUE && halts > 100_000) {
            fail("all tasks are blocked, and no interrupt will come");
        }
        nanos += limit == Long.MAX_VALUE ? 1_000 : limit;
        idle.run();
        devices.run();
    }

    @Override
    public void powerOff(int exitCode) {}

    List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
