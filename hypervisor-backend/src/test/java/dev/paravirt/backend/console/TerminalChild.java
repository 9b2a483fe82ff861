// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;

/**
 * A process at a terminal: says its pid, then the terminal's size whenever that changes or s is typed; q ends it. With the
 * arguments echo and a number it says what is typed instead, and ends after so many bytes.
 */
final class TerminalChild implements ConsoleLine {
    private final Semaphore over = new Semaphore(0);
    private final TerminalEnd end;
    private final int echoed;
    private int seen;
    private String size = "none";

    private TerminalChild(int echoed) throws Exception {
        this.echoed = echoed;
        end = TerminalEnd.standard(over::release);
    }

    public static void main(String[] arguments) throws Exception {
        boolean echo = arguments.length == 2 && arguments[0].equals("echo");
        TerminalChild child = new TerminalChild(echo ? Integer.parseInt(arguments[1]) : 0);
        child.end.attach(child);
        if (!echo) {
            child.say("pid " + ProcessHandle.current().pid() + "\n");
        }
        child.over.acquire();
        child.end.close();
    }

    private void say(String words) {
        byte[] bytes = words.getBytes(StandardCharsets.UTF_8);
        end.write(bytes, 0, bytes.length);
    }

    @Override
    public int input(byte[] bytes, int start, int length) {
        if (echoed > 0) {
            int taken = end.write(bytes, start, length);
            seen += taken;
            if (seen == echoed) {
                over.release();
            }
            return taken;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[start + i] == 's') {
                say("size " + size + "\n");
            } else if (bytes[start + i] == 'q') {
                System.exit(0);
            }
        }
        return length;
    }

    @Override
    public void outputWanted() {
        end.inputWanted();
    }

    @Override
    public synchronized void resized(int columns, int rows) {
        boolean first = size.equals("none");
        size = columns + "x" + rows;
        if (!first) {
            say("size " + size + "\n");
        }
    }

    @Override
    public void hostOpen(boolean open) {}
}
