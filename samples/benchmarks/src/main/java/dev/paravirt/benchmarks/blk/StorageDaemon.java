// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.benchmarks.process.Conditions;
import dev.paravirt.benchmarks.process.ForeignProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * QEMU's.
 *
 * @param aio how it reads and writes files, in its own words
 */
record StorageDaemon(String aio) implements BackEnd {
    static final String PROGRAM = "qemu-storage-daemon";

    @Override
    public Process start(TemporaryFolder folder, Path socket, Path image, Conditions conditions)
            throws IOException, InterruptedException {
        List<String> words = List.of(
                PROGRAM,
                "--blockdev",
                "driver=file,node-name=image,aio=" + aio + ",cache.direct=off,discard=unmap,filename=" + escaped(image),
                "--export",
                "type=vhost-user-blk,id=disk,node-name=image,writable=on,num-queues=1,addr.type=unix,addr.path="
                        + escaped(socket));
        return ForeignProcess.startServer(conditions.command(words), folder.resolve("daemon"), socket);
    }

    /** Commas separate options. */
    private static String escaped(Path path) {
        return path.toString().replace(",", ",,");
    }
}
