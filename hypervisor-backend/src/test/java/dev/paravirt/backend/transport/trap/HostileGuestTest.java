// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.spec.legacy.Ne2000;
import dev.paravirt.spec.legacy.PcPorts;
import dev.paravirt.spec.legacy.Uart;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A guest that writes nonsense to every register in every state hurts nobody: no access fails, and a reset makes the
 * device what it was. Scripts that are kept are in {@code src/test/resources} beside this class: what fails goes there,
 * and stays.
 */
class HostileGuestTest {
    private static final int SCRIPTS = Integer.getInteger("paravirt.hostile.scripts", 60);
    private static final int LINES = 600;
    private static final int[] WIDTHS = {1, 1, 1, 2, 4};
    private static final int[] COMMANDS = {
        Ata.READ_SECTORS,
        Ata.WRITE_SECTORS,
        Ata.READ_SECTORS_EXT,
        Ata.WRITE_SECTORS_EXT,
        Ata.READ_MULTIPLE,
        Ata.WRITE_MULTIPLE,
        Ata.SET_MULTIPLE_MODE,
        Ata.IDENTIFY_DEVICE,
        Ata.READ_VERIFY_EXT,
        Ata.INITIALIZE_DEVICE_PARAMETERS,
        Ata.SET_FEATURES,
        Ata.EXECUTE_DEVICE_DIAGNOSTIC,
    };

    static List<Path> keptScripts() throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(HostileGuestTest.class.getResource("scripts"))
                .toURI());
        try (Stream<Path> scripts = Files.list(folder)) {
            return scripts.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("keptScripts")
    void kept(Path script) throws IOException {
        play(Files.readString(script));
    }

    @Test
    void madeUp() {
        long seed = new Random().nextLong();
        for (int i = 0; i < SCRIPTS; i++) {
            String script = script(new Random(seed + i));
            try {
                play(script);
            } catch (RuntimeException | AssertionError failure) {
                fail("keep this script, of seed " + (seed + i) + ":\n" + script, failure);
            }
        }
    }

    private static void play(String script) {
        assertThat(script).isNotEmpty();
        try (HostileGuest guest = new HostileGuest()) {
            guest.play(script);
            guest.checkThatDevicesCanBeReset();
        }
    }

    private static String script(Random random) {
        StringBuilder script = new StringBuilder();
        int favourite = random.nextInt(4);
        for (int line = 0; line < LINES; line++) {
            int device = random.nextInt(3) == 0 ? random.nextInt(4) : favourite;
            int width = WIDTHS[random.nextInt(WIDTHS.length)];
            int port = port(random, device);
            int dice = random.nextInt(20);
            if (dice < 6) {
                script.append("r %x %x%n".formatted(width, port));
            } else if (dice < 14) {
                script.append("w %x %x %x%n".formatted(width, port, value(random, port)));
            } else if (dice < 17) {
                String way = random.nextBoolean() ? "rs" : "ws";
                int data = device == 1 ? PcPorts.ATA : device == 2 ? PcPorts.NE2000 + Ne2000.DATA : port;
                int count = random.nextInt(random.nextInt(8) == 0 ? 5000 : 300);
                int offset = random.nextInt(HostileGuest.MEMORY + 100);
                script.append("%s %x %x %x %x%n".formatted(way, width, data, count, offset));
            } else {
                script.append(outside(random));
            }
        }
        return script.toString();
    }

    private static String outside(Random random) {
        return switch (random.nextInt(3)) {
            case 0 ->
                "frame %x %x%n".formatted(random.nextInt(1700), random.nextBoolean() ? 0xff : random.nextInt(256));
            case 1 -> "key %x%n".formatted(random.nextInt(256));
            default -> "room %x%n".formatted(random.nextInt(40));
        };
    }

    private static int port(Random random, int device) {
        return switch (device) {
            case 0 -> PcPorts.COM1 + random.nextInt(Uart.REGISTERS);
            case 1 -> random.nextInt(12) == 0 ? PcPorts.ATA_CONTROL : PcPorts.ATA + random.nextInt(Ata.COMMAND_BLOCK);
            case 2 ->
                random.nextInt(3) == 0
                        ? PcPorts.NE2000 + Ne2000.CR
                        : PcPorts.NE2000 + random.nextInt(random.nextInt(10) == 0 ? Ne2000.REGISTERS : Ne2000.DATA + 1);
            default -> random.nextInt(0x1_0000);
        };
    }

    private static int value(Random random, int port) {
        if (port == PcPorts.ATA + Ata.COMMAND && random.nextInt(4) != 0) {
            return COMMANDS[random.nextInt(COMMANDS.length)];
        }
        if (port == PcPorts.ATA_CONTROL) {
            return random.nextInt(3) == 0 ? Ata.CONTROL_SRST : random.nextInt(3) == 0 ? Ata.CONTROL_HOB : 0;
        }
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(4);
            case 2 -> 1 << random.nextInt(32);
            default -> random.nextInt(256);
        };
    }
}
