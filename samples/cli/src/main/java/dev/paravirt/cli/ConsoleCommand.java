// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.NamedEnd;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "console",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Serves a console to virtual machines, over vhost-user.",
        description = {
            "",
            "Serves a virtio console to one virtual machine at a time; to the next when that one has ended. Who looks at"
                    + " the console goes on doing so meanwhile.",
            ""
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the only front-end has left",
            "1:it broke down",
            "2:the command line is not usable",
            "143:SIGTERM ended it"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  samples/paravirt console --socket-path /tmp/con.sock --console pty",
            "",
            "  Then with User-Mode Linux, where it is /dev/hvc0:",
            "    linux.uml mem=256M virtio_uml.device=/tmp/con.sock:3 ...",
            "",
            "  QEMU, libvirt and Cloud Hypervisor have no console over vhost-user."
        })
final class ConsoleCommand implements Callable<Integer> {
    private static final String CAPABILITIES = """
            {
              "type": "console"
            }""";

    @Mixin
    private DeviceServer server = new DeviceServer();

    @Option(names = "--console", paramLabel = "END", description = "Where it leads: " + NamedEnd.FORMS + ".")
    private @Nullable String end;

    @Override
    public Integer call() throws InterruptedException {
        String option = end;
        return server.run(CAPABILITIES, "a console", 1, () -> {
            if (option == null) {
                throw new IllegalArgumentException("where does it lead? --console " + NamedEnd.FORMS);
            }
            NamedEnd named = NamedEnd.open(option, () -> System.exit(0));
            server.say(named.description());
            return new ConsoleDevice(named.end(), 0, 0);
        });
    }
}
