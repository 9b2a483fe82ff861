// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.benchmarks.process.JavaProcess;
import java.io.IOException;
import java.nio.file.Path;

/** Serves an image as {@code paravirt blk} does. */
final class BlkHost {
    private static final int QUEUE_SIZE = 1024;
    private static final int SEGMENTS = 126;

    private BlkHost() {}

    /** Takes the paths of socket and image; says when it listens, and serves to the end of its input. */
    @SuppressWarnings("try") // that the server is open is all that matters
    public static void main(String[] arguments) throws IOException {
        BlockOptions options = new BlockOptions().queueSize(QUEUE_SIZE).segMax(SEGMENTS);
        BlockDevice device = new BlockDevice(BlockImage.open(Path.of(arguments[1]), false), options);
        try (VhostUserServer server = VhostUserServer.listen(Path.of(arguments[0]), device, new VhostUserOptions())) {
            JavaProcess.serveToEndOfInput();
        }
    }
}
