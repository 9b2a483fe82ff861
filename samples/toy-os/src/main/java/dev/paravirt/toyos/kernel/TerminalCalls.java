// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.TerminalRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The system call on the terminal. */
final class TerminalCalls {
    private static final TerminalRequest[] REQUESTS = TerminalRequest.values();

    private final @Nullable Terminal terminal;

    /** @param terminal null if the machine has none */
    TerminalCalls(@Nullable Terminal terminal) {
        this.terminal = terminal;
    }

    long request(Process process, long number, long argument) throws IOException, SystemCallException {
        if (number < 0 || number >= REQUESTS.length) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        Terminal present = terminal;
        if (present == null) {
            throw new SystemCallException(Errno.NO_DEVICE);
        }
        return switch (REQUESTS[(int) number]) {
            case SIZE -> size(present, process.descriptor(argument));
            case RAW -> {
                present.raw(argument != 0);
                yield 0;
            }
            case FOREGROUND -> present.foreground((int) argument) ? 1 : 0;
        };
    }

    private static long size(Terminal terminal, OpenDescriptor descriptor) throws SystemCallException {
        if (terminal.plain() || !(descriptor instanceof Terminal.Descriptor)) {
            throw new SystemCallException(Errno.NOT_A_TERMINAL);
        }
        return terminal.size();
    }
}
