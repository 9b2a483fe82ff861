// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether this JVM runs on a Linux that this package knows how to call: 64-bit, x86-64 or AArch64. */
public final class Linux {
    private static final String ARCHITECTURE = System.getProperty("os.arch", "unknown");
    private static final @Nullable String OBSTACLE = obstacle(System.getProperty("os.name", "unknown"), ARCHITECTURE);

    private Linux() {}

    /** Returns whether the classes of this package can be used here. */
    public static boolean isSupported() {
        return OBSTACLE == null;
    }

    /**
     * Fails with a message that names this system unless {@link #isSupported()}.
     *
     * @throws UnsupportedOperationException on any other system
     */
    public static void require() {
        if (OBSTACLE != null) {
            throw new UnsupportedOperationException(OBSTACLE);
        }
    }

    static @Nullable String obstacle(String system, String architecture) {
        if (!system.toLowerCase(Locale.ROOT).equals("linux")) {
            return "this needs Linux (memfd, eventfd, epoll); the JVM runs on " + system
                    + ". The same-process carrier and memory images work everywhere.";
        }
        return switch (architecture) {
            case "amd64", "x86_64", "aarch64" -> null;
            default ->
                "the Linux system calls are laid out for amd64 and aarch64 only; the JVM reports os.arch "
                        + architecture + ". The same-process carrier and memory images work everywhere.";
        };
    }

    /** AArch64 differs from x86-64 in a few open flags and in the padding of epoll_event. */
    static boolean isAarch64() {
        return ARCHITECTURE.equals("aarch64");
    }
}
