// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A front-end that makes requests of a block as fast as its device goes along. */
@Command(name = "blk-guest", description = "Prints thousand requests a second.")
final class BlkGuest implements Callable<Integer> {
    @Parameters(description = "path of the device's socket")
    private Path socket = Path.of(".");

    @Option(names = "--write", arity = "1", description = "write instead of reading")
    private boolean write;

    @Option(names = "--depth", description = "requests under way at once (default: ${DEFAULT-VALUE})")
    private int depth = 1;

    @Option(names = "--packed", arity = "1", description = "packed rings if the device knows them")
    private boolean packed;

    @Option(names = "--warm-up", description = "seconds that do not count (default: ${DEFAULT-VALUE})")
    private int warmUp = 2;

    @Option(names = "--seconds", description = "seconds that count (default: ${DEFAULT-VALUE})")
    private int seconds = 3;

    private BlkGuest() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BlkGuest()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        try (VhostUserDevice device = VhostUserDevice.connect(DeviceType.BLOCK, socket, FrontEndOptions.DEFAULT)) {
            BlockDriver disk = BlockDriver.start(device.transport(), device.platform(), options());
            if (!disk.needsFlush()) {
                throw new IOException("the device writes through, which is another kind of work");
            }
            Requests requests = new Requests(device.platform(), disk, new Load(write, depth));
            requests.run(warmUp);
            double rate = requests.run(seconds);
            requests.check();
            if (device.losses() + disk.resets() > 0) {
                throw new IOException("the device was lost, or failed");
            }
            System.out.printf(Locale.ROOT, "%.3f%n", rate);
            disk.stop();
        }
        return 0;
    }

    private BlockDriverOptions options() {
        BlockDriverOptions options = BlockDriverOptions.DEFAULT;
        return packed
                ? options
                : options.withFeatures(BlockDriverOptions.DEFAULT_FEATURES.without(Features.RING_PACKED));
    }
}
