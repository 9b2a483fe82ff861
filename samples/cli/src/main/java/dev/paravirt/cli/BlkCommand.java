// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "blk",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Serves a disk image to virtual machines, over vhost-user.",
        description = {
            "",
            "Serves a raw image, or a block device, as a virtio disk to one virtual machine at a time; to the next when"
                    + " that one has ended. The image is never made nor grown. SIGTERM ends it: requests that are under"
                    + " way are finished.",
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
            "  truncate -s 1G disk.img && samples/paravirt blk --socket-path /tmp/blk.sock --blk-file disk.img",
            "",
            "  Then with QEMU, whose guest's memory has to be shared:",
            "    qemu-system-x86_64 -m 1G \\",
            "      -object memory-backend-memfd,id=mem,size=1G,share=on \\",
            "      -numa node,memdev=mem -chardev socket,id=disk,path=/tmp/blk.sock \\",
            "      -device vhost-user-blk-pci,chardev=disk,num-queues=1 ...",
            "",
            "  With libvirt:",
            "    <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>",
            "    <disk type='vhostuser' device='disk'>",
            "      <driver name='qemu' type='raw' queues='1'/>",
            "      <source type='unix' path='/tmp/blk.sock'>",
            "        <reconnect enabled='yes' timeout='1'/>",
            "      </source>",
            "      <target dev='vda' bus='virtio'/>",
            "    </disk>",
            "    (the system's libvirt runs QEMU as another user, whose the socket has to",
            "    be: chown libvirt-qemu /tmp/blk.sock)",
            "",
            "  With Cloud Hypervisor, by its documentation; not tried:",
            "    cloud-hypervisor --memory size=1G,shared=on \\",
            "      --disk vhost_user=true,socket=/tmp/blk.sock,num_queues=1,queue_size=128 ...",
            "",
            "  With User-Mode Linux:",
            "    linux.uml mem=256M virtio_uml.device=/tmp/blk.sock:2 ..."
        })
final class BlkCommand implements Callable<Integer> {
    private static final String CAPABILITIES = """
            {
              "type": "block",
              "features": [
                "read-only",
                "blk-file"
              ]
            }""";

    /** Rings are as long as the front-end likes, 128 as a rule; two descriptors are for header and status. */
    private static final int SEGMENTS = 126;

    private static final int QUEUE_SIZE = 1024;

    @Mixin
    private DeviceServer server = new DeviceServer();

    @Option(names = "--blk-file", paramLabel = "IMG", description = "The raw image, or block device.")
    private @Nullable Path image;

    @Option(names = "--read-only", description = "Do not let the guest write.")
    private boolean readOnly;

    @Option(
            names = "--num-queues",
            paramLabel = "N",
            defaultValue = "1",
            description = "Virtqueues, 1 to 1024 (default: ${DEFAULT-VALUE}); useful up to the guest's processors.")
    private int queues;

    @Override
    public Integer call() throws InterruptedException {
        Path file = image;
        int workers = Math.max(1, Math.min(queues, Runtime.getRuntime().availableProcessors()));
        return server.run(CAPABILITIES, String.valueOf(file), workers, () -> {
            if (file == null) {
                throw new IllegalArgumentException("which image? --blk-file IMG");
            }
            BlockOptions options = new BlockOptions()
                    .queues(queues)
                    .readOnly(readOnly)
                    .queueSize(QUEUE_SIZE)
                    .segMax(SEGMENTS);
            return new BlockDevice(BlockImage.open(file, readOnly), options);
        });
    }
}
