// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of the samples. */
@Command(
        name = "paravirt",
        mixinStandardHelpOptions = true,
        version = "paravirt 0.1.0-SNAPSHOT",
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
    private static final List<String> COMMANDS = List.of("demo", "toy-os", "compare", "blk", "net", "console");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    public static void main(String[] arguments) {
        System.exit(commandLine(arguments).execute(arguments));
    }

    /** Knows the command that is asked for, or all: to read what each is like takes time that servers have not got. */
    static CommandLine commandLine(String... arguments) {
        CommandLine commandLine = new CommandLine(new Paravirt());
        boolean one = arguments.length > 0 && COMMANDS.contains(arguments[0]);
        for (String name : one ? List.of(arguments[0]) : COMMANDS) {
            commandLine.addSubcommand(name, command(name));
        }
        return commandLine;
    }

    private static CommandLine command(String name) {
        return switch (name) {
            case "demo" -> new CommandLine(new DemoCommand());
            case "toy-os" -> ToyOsCommand.commandLine();
            case "compare" -> new CommandLine(new CompareCommand());
            case "blk" -> new CommandLine(new BlkCommand());
            case "net" -> NetCommand.commandLine();
            case "console" -> new CommandLine(new ConsoleCommand());
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** Without a command there is nothing to do but to say which there are. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
