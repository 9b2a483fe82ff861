// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.text.Paths;
import java.util.List;

/** Programs about files. */
final class FilePrograms {
    private FilePrograms() {}

    static int concatenate(UserSpace user, Arguments arguments) throws UserException {
        int status = 0;
        for (String path : arguments.count() == 0 ? List.of("-") : arguments.from(0)) {
            int fd;
            try {
                fd = path.equals("-") ? UserSpace.INPUT : user.open(path);
            } catch (UserException missing) {
                user.complain(arguments.program() + ": " + missing.getMessage());
                status = 1;
                continue;
            }
            for (int length = user.read(fd, path); length > 0; length = user.read(fd, path)) {
                user.printBuffer(length);
            }
            if (fd != UserSpace.INPUT) {
                user.close(fd);
            }
        }
        return status;
    }

    static int copy(UserSpace user, Arguments arguments) throws UserException {
        for (String source : sources(user, arguments)) {
            String target = into(user, target(arguments), source);
            int from = user.open(source);
            if (user.stat(source).directory()) {
                throw new UserException("is a directory: " + source, Errno.IS_A_DIRECTORY);
            }
            if (same(user, source, target)) {
                throw new UserException("is the same file: " + target, Errno.INVALID_ARGUMENT);
            }
            int to = user.create(target);
            for (int length = user.read(from, source); length > 0; length = user.read(from, source)) {
                user.write(to, length);
            }
            user.close(from);
            user.close(to);
        }
        return 0;
    }

    /** FAT takes names for the same whatever their case. */
    private static boolean same(UserSpace user, String one, String other) throws UserException {
        String directory = user.directory();
        return Paths.absolute(directory, one).equalsIgnoreCase(Paths.absolute(directory, other));
    }

    /** Replaces a file of that name; into the target if it is a directory. */
    static int move(UserSpace user, Arguments arguments) throws UserException {
        for (String source : sources(user, arguments)) {
            user.rename(source, into(user, target(arguments), source));
        }
        return 0;
    }

    private static List<String> sources(UserSpace user, Arguments arguments) throws UserException {
        if (arguments.count() < 2) {
            throw arguments.wrong();
        }
        if (arguments.count() > 2 && !user.stat(target(arguments)).directory()) {
            throw new UserException("not a directory: " + target(arguments), Errno.NOT_A_DIRECTORY);
        }
        return arguments.from(0).subList(0, arguments.count() - 1);
    }

    private static String target(Arguments arguments) throws UserException {
        return arguments.get(arguments.count() - 1);
    }

    static int remove(UserSpace user, Arguments arguments) throws UserException {
        Arguments operands = arguments.operands("rf");
        if (operands.count() == 0) {
            throw arguments.wrong();
        }
        for (String path : operands.from(0)) {
            try {
                if (arguments.has('r') && user.stat(path).directory()) {
                    removeAll(user, path);
                } else {
                    user.unlink(path);
                }
            } catch (UserException failed) {
                if (failed.errno() != Errno.NOT_FOUND || !arguments.has('f')) {
                    throw failed;
                }
            }
        }
        return 0;
    }

    private static void removeAll(UserSpace user, String directory) throws UserException {
        for (UserSpace.Status entry : ListFiles.entries(user, directory)) {
            String path = directory + "/" + entry.name();
            if (entry.directory()) {
                removeAll(user, path);
            } else {
                user.unlink(path);
            }
        }
        user.removeDirectory(directory);
    }

    static int makeDirectory(UserSpace user, Arguments arguments) throws UserException {
        Arguments operands = arguments.operands("p");
        if (operands.count() == 0) {
            throw arguments.wrong();
        }
        for (String path : operands.from(0)) {
            if (arguments.has('p')) {
                makeAll(user, path);
            } else {
                user.makeDirectory(path);
            }
        }
        return 0;
    }

    private static void makeAll(UserSpace user, String path) throws UserException {
        for (int end = path.indexOf('/', 1); end >= 0; end = path.indexOf('/', end + 1)) {
            makeMissing(user, path.substring(0, end));
        }
        makeMissing(user, path);
    }

    private static void makeMissing(UserSpace user, String path) throws UserException {
        try {
            user.makeDirectory(path);
        } catch (UserException failed) {
            if (failed.errno() != Errno.ALREADY_EXISTS || !user.stat(path).directory()) {
                throw failed;
            }
        }
    }

    static int removeDirectory(UserSpace user, Arguments arguments) throws UserException {
        arguments.get(0);
        for (String path : arguments.from(0)) {
            user.removeDirectory(path);
        }
        return 0;
    }

    static int directory(UserSpace user, Arguments arguments) throws UserException {
        user.print(user.directory());
        return 0;
    }

    /** A directory as target means: the same name, in there. */
    private static String into(UserSpace user, String target, String source) throws UserException {
        try {
            boolean directory = user.stat(target).directory();
            return directory ? target + "/" + Paths.name(source) : target;
        } catch (UserException failed) {
            if (failed.errno() == Errno.NOT_FOUND) {
                return target;
            }
            throw failed;
        }
    }
}
