// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A temporary folder that nobody else can look into, for the socket of a program that drops its privileges. */
final class PrivateFolder {
    private static final Logger LOG = LoggerFactory.getLogger(PrivateFolder.class);
    private static final String UNPRIVILEGED = "nobody";
    private static final Integer ROOT = 0;

    private final Path path;

    private PrivateFolder(Path path) {
        this.path = path;
    }

    static PrivateFolder create() throws IOException {
        Path path = Files.createTempDirectory(
                "paravirt-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        PrivateFolder folder = new PrivateFolder(path);
        boolean done = false;
        try {
            if (ROOT.equals(Files.getAttribute(path, "unix:uid"))) {
                // Started by root, such a program becomes this user before it makes its socket; root may enter all the
                // same.
                Files.setOwner(
                        path,
                        path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(UNPRIVILEGED));
            }
            done = true;
            return folder;
        } finally {
            if (!done) {
                folder.delete();
            }
        }
    }

    Path path() {
        return path;
    }

    /** Deletes the folder with the files in it, if it is still there. */
    synchronized void delete() {
        if (!Files.exists(path)) {
            return;
        }
        try {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
            Files.delete(path);
        } catch (IOException failure) {
            LOG.warn("{} cannot be deleted: {}", path, failure.toString());
        }
    }
}
