// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A folder as Linux takes it to boot from: a cpio archive of the "new ASCII" format. */
final class InitialRamFs {
    private static final int FOLDER = 0040755;
    private static final int FILE = 0100755;
    private static final int ALIGNMENT = 4;

    private final OutputStream out;
    private int inode;

    private InitialRamFs(OutputStream out) {
        this.out = out;
    }

    static Path of(Path folder, Path archive) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(archive));
                Stream<Path> files = Files.walk(folder)) {
            InitialRamFs writer = new InitialRamFs(out);
            List<Path> sorted =
                    files.filter(file -> !file.equals(folder)).sorted().toList();
            for (Path file : sorted) {
                boolean isFolder = Files.isDirectory(file);
                byte[] content = isFolder ? new byte[0] : Files.readAllBytes(file);
                writer.entry(folder.relativize(file).toString(), isFolder ? FOLDER : FILE, content);
            }
            writer.entry("TRAILER!!!", 0, new byte[0]);
        }
        return archive;
    }

    private void entry(String name, int mode, byte[] content) throws IOException {
        byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        StringBuilder header = new StringBuilder("070701");
        int[] fields = {++inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0};
        for (int field : fields) {
            header.append(String.format("%08x", field));
        }
        byte[] headerBytes = header.toString().getBytes(StandardCharsets.US_ASCII);
        out.write(headerBytes);
        out.write(nameBytes);
        pad(headerBytes.length + nameBytes.length);
        out.write(content);
        pad(content.length);
    }

    private void pad(int length) throws IOException {
        out.write(new byte[-length & ALIGNMENT - 1]);
    }
}
