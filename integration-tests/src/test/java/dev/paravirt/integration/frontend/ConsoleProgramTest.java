// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.integration.vhostuser.Terminal;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code paravirt console} is killed in the middle of a conversation with our console driver, and started again: what is
 * said then arrives, in both directions, and the driver has nothing to do with it.
 */
@Timeout(120)
class ConsoleProgramTest {
    private static final int DEATHS = 4;
    private static final int LINES = 200;
    private static final String FLOOD = "so it goes on and on\n".repeat(1000);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** A way to wait for the console. */
    private interface Wait {
        boolean await(long timeoutNanos) throws DeviceException;
    }

    @TempDir
    private Path folder;

    private volatile boolean over;

    private ChildProcess program() throws IOException {
        ChildProcess process = ChildProcess.start(
                Paravirt.class,
                "console",
                "--socket-path",
                folder.resolve("socket").toString(),
                "--console",
                "unix=" + folder.resolve("terminal"));
        process.awaitLine("serving ");
        return process;
    }

    @ParameterizedTest(name = "packed {0}, polling {1}")
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void goesOnWhenItIsKilled(boolean packed, boolean polling) throws Exception {
        FeatureBits features = ConsoleDriverOptions.ALL_FEATURES;
        ConsoleDriverOptions options =
                ConsoleDriverOptions.DEFAULT.withFeatures(packed ? features : features.without(Features.RING_PACKED));
        ChildProcess program = program();
        try (VhostUserDevice device =
                VhostUserDevice.connect(DeviceType.CONSOLE, folder.resolve("socket"), FrontEndOptions.DEFAULT)) {
            ConsoleDriver console = ConsoleDriver.start(device.transport(), device.platform(), options);
            assertThat(console.features().has(Features.RING_PACKED)).isEqualTo(packed);
            FailingThread guest = FailingThread.start(() -> echo(console, polling ? device.platform() : null));
            for (int death = 1; death <= DEATHS; death++) {
                try (Terminal terminal = Terminal.connect(folder.resolve("terminal"))) {
                    converse(terminal, death);
                    terminal.type(FLOOD);
                    program.kill();
                }
                program = program();
            }
            try (Terminal terminal = Terminal.connect(folder.resolve("terminal"))) {
                converse(terminal, DEATHS + 1);
            }
            over = true;
            guest.join();
            assertThat(device.losses()).isEqualTo(DEATHS);
            console.stop();
        } finally {
            over = true;
            program.kill();
        }
    }

    /**
     * The guest: says all that it hears.
     *
     * @param polled null to wait for the console
     */
    private void echo(ConsoleDriver console, @Nullable Platform polled) throws DeviceException {
        byte[] heard = new byte[1000];
        while (!over) {
            int length = console.read(heard, 0, heard.length);
            int said = 0;
            while (said < length && !over) {
                said += console.write(heard, said, length - said);
                if (said < length) {
                    pause(polled, console::awaitRoom);
                }
            }
            if (length == 0) {
                pause(polled, console::awaitInput);
            }
        }
    }

    private static void pause(@Nullable Platform polled, Wait wait) throws DeviceException {
        if (polled != null) {
            polled.relax();
        } else {
            wait.await(LOOK_NANOS);
        }
    }

    private static void converse(Terminal terminal, int life) throws IOException {
        for (int line = 0; line < LINES; line++) {
            String text = "line " + line + " of life " + life + "\n";
            terminal.type(text);
            terminal.await(text);
        }
    }
}
