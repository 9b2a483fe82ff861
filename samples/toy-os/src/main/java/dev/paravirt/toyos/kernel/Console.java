// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.nio.charset.StandardCharsets;

/** Lines of text to the hypervisor. */
public final class Console {
    private final Machine machine;

    Console(Machine machine) {
        this.machine = machine;
    }

    void print(byte[] text, int start, int length) {
        machine.print(text, start, length);
    }

    public void line(String text) {
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        print(bytes, 0, bytes.length);
    }
}
