// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.text.CharacterWidth;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Input that a program gets a line at a time: a person may rub out what is wrong before Enter. Control characters other
 * than those for editing are dropped, and so are the sequences that arrow keys send.
 */
final class CookedLine {
    private static final int LONGEST = 4096;
    private static final int LONGEST_SEQUENCE = 32;
    private static final int END_OF_FILE = 4;
    private static final int BACKSPACE = 8;
    private static final int KILL_WORD = 0x17;
    private static final int KILL_LINE = 0x15;
    private static final int ESCAPE = 0x1B;
    private static final int DELETE = 0x7F;
    private static final int CONTINUATION_MASK = 0xC0;
    private static final int CONTINUATION = 0x80;

    private final boolean plain;
    private final byte[] line = new byte[LONGEST];
    private final ByteArrayOutputStream echo = new ByteArrayOutputStream();
    private int length;
    /** Characters of an escape sequence so far; 0 outside of one. */
    private int sequence;

    private boolean ended;

    /** @param plain whether nobody edits: bytes are kept as they are, nothing is shown, and the end of the input is final */
    CookedLine(boolean plain) {
        this.plain = plain;
    }

    /**
     * Takes one byte of input.
     *
     * @return whether the line is complete now, with its newline, or the input has ended
     */
    boolean accept(int value) {
        if (plain) {
            return acceptPlain(value);
        }
        if (sequence > 0) {
            inSequence(value);
            return false;
        }
        switch (value) {
            case '\r', '\n' -> {
                echo.writeBytes(new byte[] {'\n'});
                line[length++] = '\n';
                return true;
            }
            case END_OF_FILE -> {
                ended = length == 0;
                return true;
            }
            case BACKSPACE, DELETE -> rubOut();
            case KILL_WORD -> rubOutWord();
            case KILL_LINE -> rubOutAll();
            case ESCAPE -> sequence = 1;
            default -> add(value);
        }
        return false;
    }

    private boolean acceptPlain(int value) {
        ended |= value == END_OF_FILE;
        if (!ended) {
            line[length++] = (byte) value;
        }
        return ended || value == '\n' || length == LONGEST;
    }

    private void inSequence(int value) {
        boolean introduced = sequence == 1 && (value == '[' || value == 'O');
        boolean last = value >= 0x40 && value <= 0x7E;
        sequence = !introduced && last || sequence == LONGEST_SEQUENCE ? 0 : sequence + 1;
    }

    private void add(int value) {
        // One place is kept for the newline.
        if ((value >= ' ' || value == '\t') && length < LONGEST - 1) {
            line[length++] = (byte) value;
            echo.write(value);
        }
    }

    private void rubOut() {
        int start = length;
        do {
            start--;
        } while (start > 0 && (line[start] & CONTINUATION_MASK) == CONTINUATION);
        if (start < 0) {
            return;
        }
        String character = new String(line, start, length - start, StandardCharsets.UTF_8);
        int width = CharacterWidth.of(character.codePointAt(0));
        length = start;
        echo.writeBytes("\b \b".repeat(width).getBytes(StandardCharsets.US_ASCII));
    }

    private void rubOutWord() {
        while (length > 0 && line[length - 1] == ' ') {
            rubOut();
        }
        while (length > 0 && line[length - 1] != ' ') {
            rubOut();
        }
    }

    private void rubOutAll() {
        while (length > 0) {
            rubOut();
        }
    }

    /** What is to be shown for the bytes accepted since the last call. */
    byte[] takeEcho() {
        byte[] shown = echo.toByteArray();
        echo.reset();
        return shown;
    }

    /** Whether the input has ended; a person may go on typing after that, for the next who reads. */
    boolean takeEnd() {
        boolean was = ended;
        ended &= plain;
        return was;
    }

    /** The line, which starts anew. */
    byte[] takeLine() {
        byte[] complete = Arrays.copyOf(line, length);
        length = 0;
        return complete;
    }

    void clear() {
        length = 0;
        sequence = 0;
        ended = false;
        echo.reset();
    }
}
