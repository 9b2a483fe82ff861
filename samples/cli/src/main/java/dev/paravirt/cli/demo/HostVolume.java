// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.fat32.Fat32Volume;
import dev.paravirt.toyos.fat32.FatFile;
import dev.paravirt.toyos.fat32.FileStatus;
import dev.paravirt.toyos.fat32.VolumeCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The FAT32 volume in an image file, as the host sees it with our own FAT32 code. No guest is running meanwhile. */
final class HostVolume implements AutoCloseable {
    private static final int CACHE_BYTES = 4 << 20;
    private static final int CHUNK = 64 << 10;

    private final FileVolume file;
    private final Fat32Volume fat;

    private HostVolume(FileVolume file, Fat32Volume.Access access) throws IOException {
        this.file = file;
        try {
            fat = Fat32Volume.mount(new BlockCache(file, CACHE_BYTES), System::currentTimeMillis, access);
        } catch (IOException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    static HostVolume openForReading(Path image) throws IOException {
        return new HostVolume(FileVolume.openForReading(image), Fat32Volume.Access.READ_ONLY);
    }

    static HostVolume openForWriting(Path image) throws IOException {
        return new HostVolume(FileVolume.openForWriting(image), Fat32Volume.Access.READ_WRITE);
    }

    VolumeCheck check() throws IOException {
        return fat.check();
    }

    long freeBytes() {
        return fat.space().freeBytes();
    }

    /** All files of the volume by path. */
    SortedMap<String, FileDigest> files() throws IOException {
        SortedMap<String, FileDigest> files = new TreeMap<>();
        collect("", files);
        return files;
    }

    private void collect(String directory, Map<String, FileDigest> files) throws IOException {
        List<FileStatus> entries = fat.list(directory.isEmpty() ? "/" : directory);
        for (FileStatus entry : entries) {
            String path = directory + "/" + entry.name();
            if (entry.directory()) {
                collect(path, files);
            } else {
                files.put(path, digest(path));
            }
        }
    }

    private FileDigest digest(String path) throws IOException {
        MessageDigest sha256 = FileDigest.newSha256();
        byte[] chunk = new byte[CHUNK];
        try (FatFile opened = fat.open(path)) {
            long position = 0;
            for (int read = opened.read(0, chunk, 0, CHUNK); read > 0; read = opened.read(position, chunk, 0, CHUNK)) {
                sha256.update(chunk, 0, read);
                position += read;
            }
            return FileDigest.of(position, sha256.digest());
        }
    }

    /** Whether the root directory has a file or directory of this name; case makes no difference. */
    boolean inRoot(String name) throws IOException {
        return fat.list("/").stream().anyMatch(entry -> entry.name().equalsIgnoreCase(name));
    }

    /** Makes a file, in the root directory or in a directory there. */
    void write(String path, byte[] content) throws IOException {
        int name = path.lastIndexOf('/');
        if (name > 0 && !inRoot(path.substring(1, name))) {
            fat.makeDirectory(path.substring(0, name));
        }
        try (FatFile created = fat.create(path)) {
            created.write(0, content, 0, content.length);
        }
    }

    @Override
    public void close() throws IOException {
        try (file) {
            fat.close();
        }
    }
}
