// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import static java.util.Objects.requireNonNull;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of the samples. */
@Command(
        name = "paravirt",
        mixinStandardHelpOptions = true,
        version = "paravirt 0.1.0-SNAPSHOT",
        subcommands = {
            DemoCommand.class,
            ToyOsCommand.class,
            CompareCommand.class,
            BlkCommand.class,
            NetCommand.class,
            ConsoleCommand.class
        },
        header = "Samples of paravirt, a paravirtualization framework for the JVM.",
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  paravirt demo",
            "      boots a toy OS that works on a disk image, measures, and verifies",
            "  paravirt compare --quick",
            "      measures what paravirtual disk I/O gains over trapped",
            "  paravirt toy-os",
            "      boots it and gives you its shell",
            "  paravirt blk --socket-path /tmp/blk.sock --blk-file disk.img",
            "      serves a disk to virtual machines of QEMU and others; net and console likewise",
            "  paravirt demo --help",
            "      says what it does in detail"
        })
public final class Paravirt implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Paravirt());
        ToyOsCommand.completeHelp(requireNonNull(commandLine.getSubcommands().get("toy-os")));
        NetCommand.completeHelp(requireNonNull(commandLine.getSubcommands().get("net")));
        return commandLine;
    }

    /** Without a command there is nothing to do but to say which there are. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
