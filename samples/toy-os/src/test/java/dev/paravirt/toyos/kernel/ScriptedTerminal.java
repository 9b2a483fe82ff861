// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A terminal at which somebody types the next thing whenever the machine has nothing left to do. */
final class ScriptedTerminal implements TerminalDevice {
    private final Deque<String> steps = new ArrayDeque<>();
    private final ByteFifo typed = new ByteFifo(1 << 20);
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    int columns = 80;
    boolean stalled;
    boolean alive = true;

    /** @param keys ^X is Ctrl with X; a newline is Enter */
    ScriptedTerminal type(String... keys) {
        steps.addAll(List.of(keys));
        return this;
    }

    /** The machine is idle. */
    void next() {
        String keys = steps.poll();
        if (keys == null) {
            return;
        }
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < keys.length(); i++) {
            boolean control = keys.charAt(i) == '^' && i + 1 < keys.length();
            bytes.append(control ? (char) (keys.charAt(++i) & 0x1F) : keys.charAt(i));
        }
        byte[] all = bytes.toString().getBytes(StandardCharsets.UTF_8);
        typed.put(all, 0, all.length);
    }

    boolean isOver() {
        return steps.isEmpty();
    }

    /** What a person has seen, without what moves the cursor and clears. */
    String text() {
        return shown.toString(StandardCharsets.UTF_8)
                .replaceAll("\033\\[7m%\033\\[m *\r", "")
                .replaceAll("\033\\[[0-9;]*[A-Za-z]", "")
                .replace("\r", "");
    }

    @Override
    public int read(byte[] destination, int start, int length) {
        return typed.take(destination, start, length);
    }

    @Override
    public int write(byte[] source, int start, int length) {
        if (stalled) {
            return 0;
        }
        shown.write(source, start, length);
        return length;
    }

    @Override
    public boolean alive() {
        return alive;
    }

    @Override
    public boolean hasRoom() {
        return !stalled;
    }

    @Override
    public boolean flushed() {
        return true;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int rows() {
        return 25;
    }
}
