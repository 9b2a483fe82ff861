// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.legacy.SerialDriver;
import java.io.IOException;

/** A console as those see it who write to it and read from it. */
interface ByteLine {
    /** Writes all of it; waits for room. */
    void write(byte[] bytes, int start, int length) throws IOException;

    /** Waits until there is something to read, and throws if there will not be. Returns how much was read. */
    int read(byte[] bytes, int start, int length) throws IOException;

    static ByteLine of(SerialDriver driver) {
        return new ByteLine() {
            @Override
            public void write(byte[] bytes, int start, int length) throws IOException {
                int done = driver.write(bytes, start, length);
                while (done < length) {
                    Patience.require(driver.awaitRoom(Patience.NANOS), driver.name() + " takes nothing any more");
                    done += driver.write(bytes, start + done, length - done);
                }
            }

            @Override
            public int read(byte[] bytes, int start, int length) throws IOException {
                Patience.require(driver.awaitInput(Patience.NANOS), "a byte was lost on the way from " + driver.name());
                return driver.read(bytes, start, length);
            }
        };
    }

    static ByteLine of(ConsoleDriver driver, Waiting waiting) {
        return new ByteLine() {
            @Override
            public void write(byte[] bytes, int start, int length) throws IOException {
                int done = driver.write(bytes, start, length);
                while (done < length) {
                    awaitRoom();
                    done += driver.write(bytes, start + done, length - done);
                }
            }

            private void awaitRoom() throws IOException {
                String stuck = driver.name() + " takes nothing any more";
                if (waiting == Waiting.POLLING) {
                    Patience.spin(driver::hasRoom, stuck);
                } else {
                    Patience.require(driver.awaitRoom(Patience.NANOS), stuck);
                }
            }

            @Override
            public int read(byte[] bytes, int start, int length) throws IOException {
                String lost = "a byte was lost on the way from " + driver.name();
                if (waiting == Waiting.POLLING) {
                    Patience.spin(driver::hasInput, lost);
                } else {
                    Patience.require(driver.awaitInput(Patience.NANOS), lost);
                }
                return driver.read(bytes, start, length);
            }
        };
    }
}
