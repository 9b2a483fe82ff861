// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.NumberedDisk;
import dev.paravirt.guest.legacy.AtaDriver;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Requests of an ATA disk, a command each: one at a time, as the hardware is. */
final class AtaRequests implements Work {
    private static final VarHandle LE64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final AtaDriver driver;
    private final BlockPattern pattern;
    private final Sectors sectors;
    private final byte[] data;
    private long stamp;

    AtaRequests(String name, AtaDriver driver, BlockPattern pattern) {
        this.name = name;
        this.driver = driver;
        this.pattern = pattern;
        this.sectors = new Sectors(pattern);
        this.data = new byte[pattern.bytes()];
    }

    @Override
    public void run(Turn turn) throws IOException {
        if (pattern.isWrite()) {
            write(turn);
            return;
        }
        while (turn.goesOn()) {
            long sector = sectors.next();
            long began = turn.begin();
            driver.read(sector, data, 0, data.length);
            check(sector);
            turn.completed(began);
        }
    }

    private void check(long sector) throws IOException {
        sectors.check(name, sector, (long) LE64.get(data, 0), (long) LE64.get(data, sectors.last()));
    }

    private void write(Turn turn) throws IOException {
        long sector = -1;
        while (turn.goesOn()) {
            sector = sectors.next();
            stamp++;
            for (int at = 0; at < data.length; at += NumberedDisk.SECTOR) {
                LE64.set(data, at, sector + at / NumberedDisk.SECTOR);
                LE64.set(data, at + Long.BYTES, stamp);
            }
            long began = turn.begin();
            driver.write(sector, data, 0, data.length);
            turn.completed(began);
        }
        if (sector >= 0) {
            driver.read(sector, data, 0, data.length);
            check(sector);
            if ((long) LE64.get(data, sectors.last() + Long.BYTES) != stamp) {
                throw new IOException(name + " does not find what it wrote to sector " + sector);
            }
        }
    }
}
