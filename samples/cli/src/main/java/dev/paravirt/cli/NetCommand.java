// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.wire.Wire;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;

@Command(
        name = "net",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Serves a network interface to virtual machines, over vhost-user.",
        description = {
            "",
            "Serves a virtio network device to one virtual machine at a time; to the next when that one has ended.",
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
            "  samples/paravirt net --socket-path /tmp/net.sock --net user",
            "",
            "  Then with QEMU, whose guest's memory has to be shared:",
            "    qemu-system-x86_64 -m 1G \\",
            "      -object memory-backend-memfd,id=mem,size=1G,share=on \\",
            "      -numa node,memdev=mem -chardev socket,id=net,path=/tmp/net.sock \\",
            "      -netdev vhost-user,id=n,chardev=net \\",
            "      -device virtio-net-pci,netdev=n,vectors=0 ...",
            "    (without KVM, QEMU 7.2 crashes unless vectors=0; with KVM, leave that out)",
            "",
            "  With libvirt:",
            "    <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>",
            "    <interface type='vhostuser'>",
            "      <source type='unix' path='/tmp/net.sock' mode='client'/>",
            "      <model type='virtio'/>",
            "    </interface>",
            "    (the system's libvirt runs QEMU as another user, whose the socket has to",
            "    be: chown libvirt-qemu /tmp/net.sock; without KVM, QEMU 7.2 needs vectors=0",
            "    here, too, by <qemu:override>)",
            "",
            "  With Cloud Hypervisor, by its documentation; not tried:",
            "    cloud-hypervisor --memory size=1G,shared=on \\",
            "      --net vhost_user=true,socket=/tmp/net.sock,num_queues=2 ...",
            "",
            "  With User-Mode Linux:",
            "    linux.uml mem=256M virtio_uml.device=/tmp/net.sock:1 ..."
        })
final class NetCommand implements Callable<Integer> {
    private static final String CAPABILITIES = """
            {
              "type": "net"
            }""";

    /** Its help says what a network is, which has percent signs of its own. */
    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new NetCommand());
        UsageMessageSpec usage = commandLine.getCommandSpec().usageMessage();
        String networks =
                "%nNetworks:%n" + Wire.SYNTAX.replace("%", "%%").indent(2).replace("\n", "%n");
        usage.exitCodeListHeading(networks + usage.exitCodeListHeading());
        return commandLine;
    }

    /** The longest that front-ends ask for. */
    private static final int QUEUE_SIZE = 1024;

    @Mixin
    private DeviceServer server = new DeviceServer();

    @Option(names = "--net", paramLabel = "NETWORK", description = "The network, see below.")
    private @Nullable String network;

    @Option(
            names = "--mac",
            paramLabel = "ADDRESS",
            defaultValue = "02:00:00:00:00:01",
            description = "The interface's address (default: ${DEFAULT-VALUE}); most front-ends say their own.")
    private String mac = "";

    @Option(
            names = "--num-queues",
            paramLabel = "N",
            defaultValue = "1",
            description = "Pairs of virtqueues, 1 to 128 (default: ${DEFAULT-VALUE}).")
    private int pairs;

    @Override
    public Integer call() throws InterruptedException {
        String text = network;
        int workers = Math.max(1, Math.min(2 * pairs, Runtime.getRuntime().availableProcessors()));
        return server.run(CAPABILITIES, "a network interface", workers, () -> {
            if (text == null) {
                throw new IllegalArgumentException("which network? --net NETWORK; see --help");
            }
            Wire wire = Wire.parse(text);
            NetOptions options =
                    new NetOptions(mac).queuePairs(pairs).queueSize(QUEUE_SIZE).controlInFront(true);
            server.say("the network is " + wire.description());
            return new NetDevice(wire.open(), options);
        });
    }
}
