// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.legacy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.guest.legacy.SerialDriver;
import dev.paravirt.guest.legacy.SerialOptions;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.legacy.TrappedGuest.Carrier;
import dev.paravirt.spec.legacy.Uart;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The SDK's serial driver on the trapped machine's UART, over every carrier of exits. */
class SerialEndToEndTest {
    private static final long PATIENCE = TrappedGuest.PATIENCE.toNanos();

    /** Sends back what the guest says, from a thread of its own, and takes output by fits and starts. */
    private static final class Echo implements ConsoleEnd {
        private final Semaphore news = new Semaphore(0);
        private final byte[] pending = new byte[64];
        private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::run);
        private @Nullable ConsoleLine line;
        private int count;
        private boolean refused;
        private volatile boolean closed;

        @Override
        public void attach(ConsoleLine port) {
            line = port;
            thread.start();
        }

        @Override
        public synchronized int write(byte[] bytes, int start, int length) {
            int taken = Math.min(length, pending.length - count);
            System.arraycopy(bytes, start, pending, count, taken);
            count += taken;
            refused |= taken < length;
            news.release();
            return taken;
        }

        @Override
        public void inputWanted() {
            news.release();
        }

        private void run() {
            byte[] piece = new byte[64];
            while (!closed) {
                news.acquireUninterruptibly();
                int length;
                synchronized (this) {
                    length = count;
                    System.arraycopy(pending, 0, piece, 0, length);
                }
                int taken = requireNonNull(line).input(piece, 0, length);
                boolean wasRefused;
                synchronized (this) {
                    count -= taken;
                    System.arraycopy(pending, taken, pending, 0, count);
                    wasRefused = refused && taken > 0;
                    refused &= !wasRefused;
                }
                if (wasRefused) {
                    requireNonNull(line).outputWanted();
                }
            }
        }

        @Override
        public void close() {
            closed = true;
            news.release();
        }
    }

    @ParameterizedTest
    @EnumSource(Carrier.class)
    void whatIsSaidComesBack(Carrier carrier) throws Exception {
        byte[] said = new byte[3_000];
        new Random(5).nextBytes(said);
        byte[] heard = new byte[said.length];
        try (TrappedGuest guest = carrier.start(new PcBoard().serialPort(new Echo()))) {
            SerialDriver driver = SerialDriver.start(guest.gate(), guest.platform(), SerialOptions.DEFAULT);
            int written = 0;
            int read = 0;
            while (read < said.length) {
                written += driver.write(said, written, Math.min(said.length - written, 100));
                int here = driver.read(heard, read, heard.length - read);
                read += here;
                if (here == 0 && read < written) {
                    assertThat(driver.awaitInput(PATIENCE)).as("after " + read).isTrue();
                } else if (here == 0) {
                    assertThat(driver.awaitRoom(PATIENCE))
                            .as("after " + written)
                            .isTrue();
                }
            }
            assertThat(heard).isEqualTo(said);
            assertThat(driver.overruns()).isZero();
            assertThat(driver.awaitInput(0)).isFalse();
            assertThat(guest.bus().counts())
                    .filteredOn(count -> count.register().equals("THR"))
                    .singleElement()
                    .satisfies(count -> assertThat(count.exits())
                            .isEqualTo(said.length + 2)); // with the self-test, and DLL at the same port
        }
    }

    @Test
    void inputWakesAGuestThatWaits() throws Exception {
        Echo echo = new Echo();
        try (TrappedGuest guest = Carrier.THREAD.start(new PcBoard().serialPort(echo))) {
            SerialDriver driver = SerialDriver.start(guest.gate(), guest.platform(), SerialOptions.DEFAULT);
            byte[] line = "hello".getBytes(US_ASCII);
            byte[] heard = new byte[line.length];
            for (int round = 0; round < 200; round++) {
                assertThat(driver.write(line, 0, line.length)).isEqualTo(line.length);
                int read = 0;
                while (read < line.length) {
                    assertThat(driver.awaitInput(PATIENCE)).isTrue();
                    read += driver.read(heard, read, line.length - read);
                }
                assertThat(heard).isEqualTo(line);
            }
            assertThat(driver.modemStatus() & (Uart.MSR_CTS | Uart.MSR_DSR | Uart.MSR_DCD))
                    .isEqualTo(Uart.MSR_CTS | Uart.MSR_DSR | Uart.MSR_DCD);
        }
    }

    @Test
    void aPortThatIsNotThereIsNotFound() throws Exception {
        try (TrappedGuest guest = Carrier.THREAD.start(new PcBoard())) {
            assertThatThrownBy(() -> SerialDriver.start(guest.gate(), guest.platform(), SerialOptions.DEFAULT))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("no 16550A");
        }
    }
}
