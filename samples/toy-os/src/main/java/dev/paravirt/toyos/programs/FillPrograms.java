// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.OpenFlags;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** Programs that make files of a known content, and say what the content of files is. */
final class FillPrograms {
    private FillPrograms() {}

    /** write PATH SIZE SEED: a file of pseudo-random content, and a report of its checksum. */
    static int write(UserSpace user, Arguments arguments) throws UserException {
        return fill(user, arguments, OpenFlags.CREATE | OpenFlags.TRUNCATE);
    }

    /** append PATH SIZE SEED: as write, behind what is there. */
    static int append(UserSpace user, Arguments arguments) throws UserException {
        return fill(user, arguments, OpenFlags.CREATE | OpenFlags.APPEND);
    }

    private static int fill(UserSpace user, Arguments arguments, int flags) throws UserException {
        String path = arguments.get(0);
        long left = arguments.number(1);
        SplittableRandom random = new SplittableRandom(arguments.number(2));
        int fd = user.open(path, flags);
        byte[] chunk = new byte[UserSpace.BUFFER_SIZE];
        while (left > 0) {
            int part = (int) Math.min(left, chunk.length);
            random.nextBytes(chunk);
            System.arraycopy(chunk, 0, user.memory(), UserSpace.BUFFER, part);
            user.write(fd, part);
            left -= part;
        }
        user.close(fd);
        return report(user, path);
    }

    /** truncate PATH SIZE */
    static int truncate(UserSpace user, Arguments arguments) throws UserException {
        int fd = user.open(arguments.get(0));
        user.truncate(fd, arguments.number(1));
        user.close(fd);
        return 0;
    }

    /** sha256 PATH...: reports the checksum of each file; goes through directories. */
    static int checksum(UserSpace user, Arguments arguments) throws UserException {
        for (int i = 0; i < Math.max(1, arguments.count()); i++) {
            checksum(user, arguments.get(i));
        }
        return 0;
    }

    private static void checksum(UserSpace user, String path) throws UserException {
        if (!user.stat(path).directory()) {
            report(user, path);
            return;
        }
        int directory = user.open(path);
        for (UserSpace.Status entry = user.readDirectory(directory);
                entry != null;
                entry = user.readDirectory(directory)) {
            checksum(user, (path.endsWith("/") ? path : path + "/") + entry.name());
        }
        user.close(directory);
    }

    private static int report(UserSpace user, String path) throws UserException {
        int fd = user.open(path);
        MessageDigest digest = sha256();
        long size = 0;
        for (int length = user.read(fd); length > 0; length = user.read(fd)) {
            digest.update(user.memory(), UserSpace.BUFFER, length);
            size += length;
        }
        user.close(fd);
        String sha256 = HexFormat.of().formatHex(digest.digest());
        user.print(sha256 + "  " + path);
        user.report(Report.event("file").field("path", path).field("size", size).field("sha256", sha256));
        return 0;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
