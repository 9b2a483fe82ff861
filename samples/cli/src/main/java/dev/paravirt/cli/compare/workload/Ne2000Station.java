// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.guest.legacy.Ne2000Driver;
import java.io.IOException;

/** An NE2000, which sends frames one at a time. */
final class Ne2000Station implements Station {
    private final Ne2000Driver driver;

    Ne2000Station(Ne2000Driver driver) {
        this.driver = driver;
    }

    @Override
    public void send(byte[] frame, int length) throws IOException {
        driver.send(frame, 0, length);
    }

    @Override
    public void flush() {}

    /** A look at the card is several exits, and the answer to the one frame that is sent at a time is a wait away. */
    @Override
    public boolean hasReceived() {
        return false;
    }

    @Override
    public int receive(byte[] frame) throws IOException {
        Patience.require(driver.awaitReceive(Patience.NANOS), "a frame was lost on the way from the NE2000");
        return driver.receive(frame);
    }
}
