// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

/**
 * Makes keys of what a terminal sends: UTF-8, control characters, and the sequences of ECMA-48 as xterm sends them. Whatever
 * else comes, in whatever pieces, is swallowed: no input gets it stuck, for a sequence has a longest length, and a control
 * character ends it.
 */
public final class KeyDecoder {
    private static final int ESCAPE = 0x1B;
    private static final int DELETE = 0x7F;
    private static final int BELL = 7;
    private static final int LONGEST_SEQUENCE = 32;
    private static final int LONGEST_STRING = 4096;

    private enum State {
        GROUND,
        ESCAPE,
        CONTROL_SEQUENCE,
        SINGLE_SHIFT,
        STRING,
        STRING_ESCAPE
    }

    private State state = State.GROUND;
    private final StringBuilder parameters = new StringBuilder();
    private int stringLength;
    private int codePoint;
    private int smallest;
    private int missing;

    /**
     * Takes one byte.
     *
     * @param value 0 to 255
     * @return a key, or {@link Key#NONE}
     */
    public int next(int value) {
        boolean control = value < ' ' && value != ESCAPE;
        if (control && state != State.STRING && state != State.GROUND) {
            state = State.GROUND;
        }
        return switch (state) {
            case GROUND -> ground(value);
            case ESCAPE -> afterEscape(value);
            case CONTROL_SEQUENCE -> controlSequence(value);
            case SINGLE_SHIFT -> {
                state = value == ESCAPE ? State.ESCAPE : State.GROUND;
                yield cursorKey(value);
            }
            case STRING -> string(value);
            case STRING_ESCAPE -> {
                state = State.GROUND;
                yield value == '\\' ? Key.NONE : afterEscape(value);
            }
        };
    }

    private int ground(int value) {
        if (missing > 0 && (value & 0xC0) == 0x80) {
            codePoint = codePoint << 6 | value & 0x3F;
            missing--;
            return missing == 0 ? decoded() : Key.NONE;
        }
        missing = 0;
        if (value == ESCAPE) {
            state = State.ESCAPE;
            return Key.NONE;
        }
        if (value < 0x80) {
            return single(value);
        }
        return leading(value);
    }

    private static int single(int value) {
        return switch (value) {
            case 0 -> Key.NONE;
            case '\b' -> Key.BACKSPACE;
            case '\n' -> Key.ENTER;
            default -> value;
        };
    }

    private int leading(int value) {
        if (value >= 0xC2 && value < 0xE0) {
            begin(value & 0x1F, 1, 0x80);
        } else if (value >= 0xE0 && value < 0xF0) {
            begin(value & 0x0F, 2, 0x800);
        } else if (value >= 0xF0 && value < 0xF5) {
            begin(value & 0x07, 3, 0x10000);
        }
        return Key.NONE;
    }

    private void begin(int bits, int more, int least) {
        codePoint = bits;
        missing = more;
        smallest = least;
    }

    /** Characters that show; no surrogates, no controls in disguise, and nothing that was encoded longer than needed. */
    private int decoded() {
        boolean valid = codePoint >= smallest
                && codePoint <= Character.MAX_CODE_POINT
                && !Character.isISOControl(codePoint)
                && Character.getType(codePoint) != Character.SURROGATE
                && Character.getType(codePoint) != Character.LINE_SEPARATOR
                && Character.getType(codePoint) != Character.PARAGRAPH_SEPARATOR
                && Character.getType(codePoint) != Character.FORMAT;
        return valid ? codePoint : Key.NONE;
    }

    private int afterEscape(int value) {
        state = State.GROUND;
        parameters.setLength(0);
        switch (value) {
            case ESCAPE -> state = State.ESCAPE;
            case '[' -> state = State.CONTROL_SEQUENCE;
            case 'O' -> state = State.SINGLE_SHIFT;
            case ']', 'P', 'X', '^', '_' -> {
                state = State.STRING;
                stringLength = 0;
            }
            case 'b' -> {
                return Key.WORD_LEFT;
            }
            case 'f' -> {
                return Key.WORD_RIGHT;
            }
            case DELETE -> {
                return Key.ctrl('W');
            }
            case 'd' -> {
                return Key.DELETE_WORD;
            }
            default -> {
                return Key.NONE;
            }
        }
        return Key.NONE;
    }

    /** A string that a terminal sends as an answer ends in BEL, or in ESC and a backslash. */
    private int string(int value) {
        stringLength++;
        if (value == BELL || stringLength > LONGEST_STRING) {
            state = State.GROUND;
        } else if (value == ESCAPE) {
            state = State.STRING_ESCAPE;
        } else if (value == Key.ctrl('C')) {
            state = State.GROUND;
            return value;
        }
        return Key.NONE;
    }

    private int controlSequence(int value) {
        if (value == ESCAPE) {
            state = State.ESCAPE;
            return Key.NONE;
        }
        if (value >= 0x40 && value <= 0x7E) {
            state = State.GROUND;
            return value == '~' ? numberedKey() : cursorKey(value);
        }
        parameters.append((char) value);
        if (parameters.length() > LONGEST_SEQUENCE) {
            state = State.GROUND;
        }
        return Key.NONE;
    }

    private int cursorKey(int letter) {
        boolean byWord =
                parameters.toString().startsWith("1;") && !parameters.toString().equals("1;2");
        return switch (letter) {
            case 'A' -> Key.UP;
            case 'B' -> Key.DOWN;
            case 'C' -> byWord ? Key.WORD_RIGHT : Key.RIGHT;
            case 'D' -> byWord ? Key.WORD_LEFT : Key.LEFT;
            case 'H' -> Key.HOME;
            case 'F' -> Key.END;
            case 'M' -> parameters.isEmpty() ? Key.ENTER : Key.NONE;
            default -> Key.NONE;
        };
    }

    private int numberedKey() {
        return switch (parameters.toString()) {
            case "1", "7" -> Key.HOME;
            case "4", "8" -> Key.END;
            case "3" -> Key.DELETE;
            case "200" -> Key.PASTE_BEGIN;
            case "201" -> Key.PASTE_END;
            default -> Key.NONE;
        };
    }
}
