// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.cli.toyos.ToyOsMachine;
import dev.paravirt.cli.toyos.ToyOsSettings;
import dev.paravirt.toyos.boot.MachineKind;
import dev.paravirt.toyos.boot.NetworkOption;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "toy-os",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Boots the toy OS and gives you its shell, in this terminal.",
        description = {
            "",
            "A small operating system on a virtual machine: a disk with a FAT32 volume, a scratch disk in"
                    + " memory, a network card, a console. Its shell has help, line editing, jobs, pipes and redirection. Ctrl-C ends the"
                    + " program that runs, Ctrl-D at an empty line ends the machine, Ctrl-A X leaves it at once, as if the"
                    + " power failed.",
            "",
            "With commands it runs those and powers off. Where standard input is no terminal, the shell runs the lines of"
                    + " it.",
            ""
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0 to 255:the code that the toy OS powered off with; 1 if one of the commands failed",
            "2:the command line, or an option's value, is not usable",
            "70:the toy OS found no volume that it could mount, or could not write it back",
            "130:you left by Ctrl-A X"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  samples/paravirt toy-os",
            "      a shell on a new disk in memory",
            "  mkfs.vfat -C -F 32 disk.img 100000 && samples/paravirt toy-os --disk disk.img",
            "      a shell on your own image; files stay there: mdir -i disk.img",
            "  samples/paravirt toy-os 'ls -l' 'cat README.TXT | head -n 3' iostat",
            "      runs three commands, and ends",
            "  samples/paravirt toy-os --machine trapped 'write a 1000000 1' sync iostat",
            "      on the devices of a PC: look at the exits",
            "  printf 'write a 100000 1\\nsha256 a\\ndf\\n' | samples/paravirt toy-os",
            "      runs what it reads, and ends",
            "  samples/paravirt toy-os --net user,tcp=8080:80",
            "      in this host's network; port 8080 of this host leads to its port 80",
            "  samples/paravirt toy-os --console unix=/tmp/toy & socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:/tmp/toy",
            "      with the console on a socket; Ctrl-] leaves socat"
        })
final class ToyOsCommand implements Callable<Integer> {
    private static final int BROKE_DOWN = 1;
    private static final int NOT_USABLE = 2;
    private static final long LEAST_MEMORY = 16L << 20;
    private static final long MOST_MEMORY = 4L << 30;
    private static final long MOST_SCRATCH = 1L << 40;
    private static final int HELP_WIDTH = 105;
    private static final int SECTOR = 512;

    @Option(
            names = "--machine",
            paramLabel = "KIND",
            defaultValue = "paravirt",
            description = "What the devices are: paravirt (virtio on hypercalls; default), mmio (virtio behind trapped"
                    + " registers) or trapped (a serial port, ATA disks and an NE2000, as a PC has them).")
    private String machine = "paravirt";

    @Option(
            names = "--disk",
            paramLabel = "IMG",
            description = "A FAT32 image (no partition table); without it, a new disk in memory.")
    private @Nullable Path disk;

    @Option(names = "--read-only", description = "Leave the image as it is: nothing can be written to it.")
    private boolean readOnly;

    @Option(
            names = "--console",
            paramLabel = "SPEC",
            description = "Where the console is: stdio (default), pty, unix=PATH, tcp=HOST:PORT or file=PATH.")
    private @Nullable String console;

    @Option(
            names = "--net",
            paramLabel = "SPEC",
            description = "What the network card leads to; see the end of this help. Default: user if passt is"
                    + " installed, else none.")
    private @Nullable String net;

    @Option(
            names = "--ip",
            paramLabel = "SPEC",
            defaultValue = "dhcp",
            description =
                    "How the toy OS gets its address: dhcp (default), none, or ADDRESS/PREFIX[,gateway=A][,dns=A].")
    private String address = "dhcp";

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "32M",
            converter = SizeConverter.class,
            description = "Memory of the machine, 16M to 4G (default: ${DEFAULT-VALUE}).")
    private long memory;

    @Option(
            names = "--scratch",
            paramLabel = "SIZE",
            defaultValue = "64M",
            converter = SizeConverter.class,
            description = "A second disk, in memory, to write over: /dev/scratch (default: ${DEFAULT-VALUE}; 0: none).")
    private long scratch;

    @Parameters(paramLabel = "COMMAND", description = "Command lines for the toy OS, each as one argument.")
    private List<String> commands = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        if (memory < LEAST_MEMORY || memory > MOST_MEMORY) {
            return fail("--memory is 16M to 4G", NOT_USABLE);
        }
        if (scratch % SECTOR != 0 || scratch > MOST_SCRATCH) {
            return fail("--scratch is a multiple of 512, up to 1024G", NOT_USABLE);
        }
        if (readOnly && disk == null) {
            return fail("--read-only is for an image; name it with --disk", NOT_USABLE);
        }
        try {
            ToyOsSettings settings = new ToyOsSettings(
                    MachineKind.parse(machine),
                    disk,
                    readOnly,
                    memory,
                    scratch,
                    net == null ? null : Wire.parse(net),
                    NetworkOption.parse(address),
                    console,
                    commands);
            return new ToyOsMachine(settings, System.err).run();
        } catch (IllegalArgumentException unusable) {
            return fail(unusable.getMessage(), NOT_USABLE);
        } catch (IOException failure) {
            return fail(failure.getMessage(), BROKE_DOWN);
        }
    }

    /** The help of networks is where they are read; what it says is no format. */
    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new ToyOsCommand());
        UsageMessageSpec usage = commandLine.getCommandSpec().usageMessage();
        usage.width(HELP_WIDTH);
        List<String> footer = new ArrayList<>(List.of(usage.footer()));
        footer.add("");
        footer.add("Networks for --net:");
        Wire.SYNTAX.lines().map(line -> "  " + line.replace("%", "%%")).forEach(footer::add);
        usage.footer(footer.toArray(new String[0]));
        return commandLine;
    }

    private static int fail(@Nullable String message, int status) {
        System.err.println("paravirt toy-os: " + message);
        return status;
    }
}
