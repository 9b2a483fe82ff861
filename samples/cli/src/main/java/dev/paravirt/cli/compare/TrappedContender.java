// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.legacy.AtaOptions;
import dev.paravirt.guest.legacy.PortTransfer;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;

/** An ATA disk, eight sectors a command: one request at a time, as the hardware is. */
final class TrappedContender implements Contender {
    private static final int SECTORS_PER_BLOCK = 8;

    private final String name;
    private final GuestOfProcess guest;
    private final AtaDriver driver;
    private final SplittableRandom random = new SplittableRandom(1);
    private final byte[] block = new byte[HypervisorProcess.BLOCK];

    TrappedContender(String name, GuestOfProcess guest, TrapGate gate, PortTransfer transfer) throws IOException {
        this.name = name;
        this.guest = guest;
        this.driver = AtaDriver.start(gate, guest.platform(), AtaOptions.DEFAULT.withTransfer(transfer));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int depth() {
        return 1;
    }

    @Override
    public long exits() {
        return guest.exits();
    }

    @Override
    public Duration processorTime() {
        return guest.processorTime();
    }

    @Override
    public void run(Turn turn) throws IOException {
        while (turn.goesOn()) {
            long number = random.nextLong(driver.capacity() / SECTORS_PER_BLOCK);
            long start = System.nanoTime();
            driver.read(number * SECTORS_PER_BLOCK, block, 0, block.length);
            long latency = System.nanoTime() - start;
            long found = 0;
            for (int i = Long.BYTES - 1; i >= 0; i--) {
                found = found << 8 | block[i] & 0xff;
            }
            if (found != number) {
                throw new IOException(name + " read block " + found + " in place of " + number);
            }
            turn.completed(latency);
        }
    }
}
