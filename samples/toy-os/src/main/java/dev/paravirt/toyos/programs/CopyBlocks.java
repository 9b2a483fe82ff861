// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.text.HumanSize;
import java.util.Locale;

/** dd [if=FILE] [of=FILE] [bs=SIZE] [count=N]: SIZE may end in k or M. */
final class CopyBlocks {
    private static final int USUAL_SIZE = 4096;

    private String from = "";
    private String to = "";
    private long blockSize = USUAL_SIZE;
    private long count = Long.MAX_VALUE;

    private CopyBlocks() {}

    static int run(UserSpace user, Arguments arguments) throws UserException {
        CopyBlocks copy = new CopyBlocks();
        for (String word : arguments.from(0)) {
            copy.option(word, arguments);
        }
        return copy.copy(user);
    }

    private void option(String word, Arguments arguments) throws UserException {
        int equals = word.indexOf('=');
        String value = word.substring(equals + 1);
        switch (equals < 0 ? word : word.substring(0, equals)) {
            case "if" -> from = value;
            case "of" -> to = value;
            case "bs" -> blockSize = size(value);
            case "count" -> count = size(value);
            default -> throw arguments.wrong();
        }
        if (blockSize < 1 || blockSize > UserSpace.BUFFER_SIZE) {
            throw new UserException("bs is 1 to 256k, not " + value, Errno.INVALID_ARGUMENT);
        }
    }

    private static long size(String text) throws UserException {
        String lower = text.toLowerCase(Locale.ROOT);
        int shift = lower.endsWith("k") ? 10 : lower.endsWith("m") ? 20 : lower.endsWith("g") ? 30 : 0;
        String digits = shift == 0 ? lower : lower.substring(0, lower.length() - 1);
        try {
            long number = Long.parseLong(digits);
            if (number >= 0 && number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        } catch (NumberFormatException noNumber) {
            throw new UserException("not a size: " + text, Errno.INVALID_ARGUMENT);
        }
        throw new UserException("not a size: " + text, Errno.INVALID_ARGUMENT);
    }

    private int copy(UserSpace user) throws UserException {
        int in = from.isEmpty() ? UserSpace.INPUT : user.open(from);
        int out = to.isEmpty() ? UserSpace.RESULTS : user.create(to);
        long start = user.monotonicNanos();
        long bytes = 0;
        long blocks = 0;
        while (blocks < count) {
            int length = user.read(in, (int) blockSize);
            if (length == 0) {
                break;
            }
            if (!write(user, out, length)) {
                break;
            }
            bytes += length;
            blocks++;
        }
        double seconds = Math.max(1, user.monotonicNanos() - start) / 1e9;
        user.complain(String.format(
                Locale.ROOT, "%d blocks, %s in %.3f s, %s/s", blocks, HumanSize.of(bytes), seconds, HumanSize.of((long)
                        (bytes / seconds))));
        return 0;
    }

    /** A disk that is full ends the copy, as the end of the input does. */
    private boolean write(UserSpace user, int out, int length) throws UserException {
        try {
            user.write(out, length);
            return true;
        } catch (UserException full) {
            if (full.errno() != Errno.NO_SPACE) {
                throw full;
            }
            user.complain("dd: no space left: " + to);
            return false;
        }
    }
}
