// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** What this JVM can say to other processes. */
final class Charsets {
    private Charsets() {}

    /** Whether arguments of processes and names of files carry every character: so in a UTF-8 locale. */
    static boolean namesAreUnicode() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", "US-ASCII"))
                .equals(StandardCharsets.UTF_8);
    }
}
