// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.blk;

import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.transport.mmio.MmioDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A machine with one device behind registers, whose interrupt wakes the thread that waits for it. */
public final class MmioMachine implements RegisterGate, AutoCloseable {
    private final Semaphore interrupts = new Semaphore(0);
    private final QueueWorker worker = QueueWorker.start("mmio-worker");
    private final MmioDevice device;
    private final JvmPlatform platform;

    public MmioMachine(VirtioDevice device, GuestMemory memory) {
        this.device = MmioDevice.start(
                device, memory, Features.MMIO, List.of(worker), interrupts::release, Duration.ofSeconds(10));
        this.platform = JvmPlatform.of(memory, this::waitForInterrupt);
    }

    /** What drivers of the device stand on. */
    public JvmPlatform platform() {
        return platform;
    }

    private int waitForInterrupt(int line, long timeoutNanos) {
        try {
            if (timeoutNanos < 0) {
                interrupts.acquire();
            } else if (!interrupts.tryAcquire(timeoutNanos, TimeUnit.NANOSECONDS)) {
                return 0;
            }
            interrupts.drainPermits();
            return InterruptStatus.ALL;
        } catch (InterruptedException end) {
            throw new IllegalStateException(end);
        }
    }

    @Override
    public int read(int offset, int width) {
        return device.read(offset, width);
    }

    @Override
    public void write(int offset, int width, int value) {
        device.write(offset, width, value);
    }

    @Override
    public void close() {
        device.close();
        worker.close();
    }
}
