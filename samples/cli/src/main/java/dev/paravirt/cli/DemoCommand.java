// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.cli.demo.Demo;
import dev.paravirt.cli.demo.DemoException;
import dev.paravirt.cli.demo.DemoSettings;
import dev.paravirt.cli.demo.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Boots a toy OS on a virtio disk, console and network, and verifies what it did.",
        description = {
            "",
            "Disk: makes a FAT32 image, or takes yours. Boots a small operating system in a process of its own, which"
                    + " lists, reads, writes, renames and deletes files in the image, and then measures random and"
                    + " sequential reads and writes of 4 KiB on a second disk, in memory, at queue depths 1, 4 and 32."
                    + " After it has shut down, every file is read back on the host and its checksum verified.",
            "",
            "Console: boots it again, types commands into its shell through a virtio console, and checks each answer.",
            "",
            "Network: boots it twice, on a switch in this process. One fetches the other's files by HTTP over TCP, and"
                    + " their checksums are verified.",
            "",
            "Needs Linux and nothing but a JDK 25. Where mkfs.vfat, mcopy and fsck.vfat are installed (Debian: dosfstools,"
                    + " mtools) it makes and checks the image with them too.",
            ""
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every check held",
            "1:a check failed, or the demo broke down",
            "2:the command line, or the image given with --disk, is not usable",
            "130:ended by Ctrl-C"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  samples/paravirt demo",
            "      on an image of its own, which is deleted at the end",
            "  samples/paravirt demo --json result.json --keep demo.img",
            "      writes the figures to result.json, and leaves the image in demo.img",
            "  mkfs.vfat -C -F 32 disk.img 100000 && samples/paravirt demo --disk disk.img",
            "      on your own image; then see what it left: mdir -i disk.img ::/paravirt-demo"
        })
final class DemoCommand implements Callable<Integer> {
    private static final int CHECK_FAILED = 1;
    private static final int NOT_USABLE = 2;

    @Option(
            names = "--disk",
            paramLabel = "IMG",
            description =
                    "A FAT32 image to boot from (no partition table). What is in it stays as it is; the demo works"
                            + " in a new directory, /paravirt-demo (or -2, -3 ...), which it leaves for you to look at.")
    private @Nullable Path disk;

    @Option(
            names = "--keep",
            paramLabel = "IMG",
            description = "Leave the image that the demo makes in this file, which must not exist yet.")
    private @Nullable Path keep;

    @Option(names = "--json", paramLabel = "FILE", description = "Write figures and checks to this file too.")
    private @Nullable Path json;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides over sizes and contents of the files (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--quick", description = "Small files and short measurements: a few seconds in all.")
    private boolean quick;

    @Override
    public Integer call() throws InterruptedException {
        if (disk != null && keep != null) {
            return fail("--keep is for an image that the demo makes; with --disk there is none", NOT_USABLE);
        }
        boolean terminal = Boolean.getBoolean("paravirt.terminal");
        DemoSettings settings = new DemoSettings(disk, keep, json, seed, quick);
        try {
            return new Demo(settings, new Progress(System.out, terminal)).run() ? 0 : CHECK_FAILED;
        } catch (DemoException unusable) {
            return fail(unusable.getMessage(), NOT_USABLE);
        } catch (IOException failure) {
            // The messages of file system exceptions are often no more than a path.
            return fail("the demo broke down: " + failure, CHECK_FAILED);
        }
    }

    private static int fail(@Nullable String message, int status) {
        System.err.println("paravirt demo: " + message);
        return status;
    }
}
