// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.cli.toyos.FreshDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The console device's part of the demo: somebody sits at the terminal of a guest, and works in its shell. */
final class ConsolePart {
    private static final int COLUMNS = 80;
    private static final int ROWS = 24;
    private static final int EXIT_CODE = 42;

    private final DemoSettings settings;
    private final Progress progress;
    private final List<ThroughputRow> throughput = new ArrayList<>();

    ConsolePart(DemoSettings settings, Progress progress) {
        this.settings = settings;
        this.progress = progress;
    }

    List<Check> run(WorkFolder folder) throws IOException, InterruptedException {
        progress.now("booting a toy OS with a console");
        Typist typist = new Typist();
        GuestConsole messages = new GuestConsole(step -> {});
        List<VirtioDevice> devices = List.of(
                new BlockDevice(FreshDisk.create(), new BlockOptions().serial(Guest.ROOT_ID)),
                new ConsoleDevice(typist, COLUMNS, ROWS));
        try (Guest guest = Guest.boot(folder, "console", devices, messages, List.of("net=none"))) {
            ConsoleSession session = new ConsoleSession(settings, typist, progress, EXIT_CODE);
            List<Check> checks = session.run();
            boolean well = checks.stream().allMatch(Check::holds);
            if (!well) {
                guest.kill();
            }
            checks.add(guest.awaitEnd("console: the toy OS powered off when it was told to, and how", EXIT_CODE));
            if (well) {
                throughput.addAll(session.throughput(DeviceCount.of(messages, "console")));
                progress.line("  console     toy OS process " + guest.pid() + ": " + session.summary());
            }
            return checks;
        }
    }

    List<ThroughputRow> throughput() {
        return List.copyOf(throughput);
    }
}
