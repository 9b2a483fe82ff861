// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.paravirt.backend.device.StateBytes;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleQueues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A console with many ports on its way to another: the driver hears of what differs, and of nothing else. */
@Timeout(60)
class PortsStateTest {
    private static final int PORTS = 3;
    private static final int ROUNDS = 2000;
    private static final byte[] TYPED = "typed".getBytes(StandardCharsets.US_ASCII);

    /** Types, and takes everything. */
    private static final class End implements ConsoleEnd {
        private @Nullable ConsoleLine line;

        @Override
        public void attach(ConsoleLine port) {
            line = port;
        }

        int type() {
            return requireNonNull(line).input(TYPED, 0, TYPED.length);
        }

        @Override
        public int write(byte[] bytes, int start, int length) {
            return length;
        }

        @Override
        public void inputWanted() {}

        @Override
        public void close() {}
    }

    private final PortsGuest there = new PortsGuest(PORTS);
    private final PortsGuest here = new PortsGuest(PORTS);

    @AfterEach
    void end() {
        there.close();
        here.close();
    }

    /** A driver knows of a console and of a port "log", where it has not read what was typed. */
    private byte[] saved() throws IOException, InterruptedException {
        End end = new End();
        there.device.addConsole(end, "main");
        End log = new End();
        there.device.addPort(log, "log");
        there.start();
        there.resume(ConsoleQueues.receive(1));
        there.ready();
        assertThat(there.hear()).isEqualTo("DEVICE_ADD 0 0");
        assertThat(there.hear()).isEqualTo("DEVICE_ADD 1 0");
        there.send(1, ConsoleControl.PORT_READY, 1);
        assertThat(there.hear()).isEqualTo("PORT_NAME 1 0 log");
        assertThat(there.hear()).isEqualTo("PORT_OPEN 1 1");
        there.send(1, ConsoleControl.PORT_OPEN, 1);
        TestDriver.await("somebody who listens", () -> log.type() == TYPED.length);
        return StateBytes.pauseAndSave(there.session);
    }

    private void goOn(byte[] state) throws IOException {
        StateBytes.takeOver(here.session, here.memory, PortsGuest.FEATURES, state);
        here.resume();
    }

    @Test
    void theDriverGoesOnWithTheSamePorts() throws IOException, InterruptedException {
        byte[] state = saved();
        here.device.addConsole(new End(), "main");
        here.device.addPort(new End(), "log");
        here.device.addPort(new End(), "new");
        goOn(state);
        assertThat(here.hear()).isEqualTo("PORT_OPEN 1 1");
        assertThat(here.hear()).isEqualTo("DEVICE_ADD 2 0");
        // It had not answered yet.
        here.send(0, ConsoleControl.PORT_READY, 1);
        assertThat(here.hear()).isEqualTo("CONSOLE_PORT 0 1");
        assertThat(here.hear()).isEqualTo("PORT_NAME 0 0 main");
        assertThat(here.hear()).isEqualTo("PORT_OPEN 0 1");
        assertThat(read(1)).isEqualTo("typed");
        assertThat(here.device.ignored()).isZero();
    }

    /** What waits at a port. */
    private String read(int port) {
        DriverVirtqueue queue = here.resume(ConsoleQueues.receive(port));
        DmaBuffer buffer = here.memory.allocate(64);
        assertThat(queue.addWritable(buffer.address(), buffer.size(), 1)).isTrue();
        here.publish(queue);
        PortsGuest.awaitUsed(queue);
        byte[] bytes = new byte[queue.usedLength()];
        buffer.get(0, bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Test
    void aPortThatIsAnotherOrNotThereGoes() throws IOException, InterruptedException {
        byte[] state = saved();
        End other = new End();
        assertThat(here.device.addPort(other, "main")).isZero();
        goOn(state);
        assertThat(here.hear()).isEqualTo("DEVICE_REMOVE 0 0");
        assertThat(here.hear()).isEqualTo("DEVICE_ADD 0 0");
        assertThat(here.hear()).isEqualTo("DEVICE_REMOVE 1 0");
        assertThat(here.device.addPort(new End(), "log")).isEqualTo(1);
        assertThat(here.hear()).isEqualTo("DEVICE_ADD 1 0");
        here.send(0, ConsoleControl.PORT_READY, 1);
        assertThat(here.hear()).isEqualTo("PORT_NAME 0 0 main");
        assertThat(here.hear()).isEqualTo("PORT_OPEN 0 1");
    }

    @Test
    void refusesANumberOfPortsThatTheDriverDoesNotKnow() throws IOException, InterruptedException {
        byte[] state = saved();
        try (PortsGuest fewer = new PortsGuest(PORTS - 1)) {
            assertThatIOException()
                    .isThrownBy(() -> StateBytes.of(fewer.session).load(state))
                    .withMessageContaining("3 ports");
        }
    }

    /** Under a checksum that is right. What is accepted can be had, and gone on from. */
    @Test
    void damagedStatesAreRefusedOrAreStates() throws IOException, InterruptedException {
        byte[] state = saved();
        here.device.addConsole(new End(), "main");
        here.device.addPort(new End(), "log");
        Random dice = new Random(4);
        int accepted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bad = StateBytes.damage(state, dice);
            if (bad != null && StateBytes.isAccepted(here.session, bad)) {
                accepted++;
                StateBytes.takeOver(here.session, here.memory, PortsGuest.FEATURES, bad);
                assertThat(StateBytes.of(here.session).save()).isNotEmpty();
                here.session.setStatus(0);
                assertThat(here.session.status()).isZero();
            }
        }
        assertThat(accepted).isBetween(ROUNDS / 100, ROUNDS);
    }
}
